"""The command line: bodies parse, call one function and print."""
