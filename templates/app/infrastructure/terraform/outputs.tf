output "host" {
  description = "For [environments.production] hosts in ecluse.toml, and for ansible/inventory.yml"
  value       = "admin@${aws_instance.host.public_dns}"
}
