from setuptools import find_packages, setup

setup(
    name="polls",
    version="0.0.1",
    packages=find_packages(),
    install_requires=["aiohttp>=3.9", "aiohttp-jinja2", "aiosqlite", "pyyaml", "trafaret"],
    entry_points={"console_scripts": ["polls = polls.main:main"]},
)
