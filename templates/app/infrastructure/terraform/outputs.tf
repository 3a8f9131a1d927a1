output "host" {
  description = "Its name: ansible_host in ansible/inventory.yml, and deploy@NAME in ecluse.toml"
  value       = aws_instance.host.public_dns
}
