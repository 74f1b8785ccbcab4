"""The portal on two hosts: `make hosts`."""
