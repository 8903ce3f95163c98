"""`krepis init` and `krepis generate`: files that are made from templates, and written without ever losing one."""
