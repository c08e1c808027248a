"""`owl init`: what a host of a role needs of files and directories, with their modes."""
