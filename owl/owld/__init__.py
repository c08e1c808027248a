"""owld: brings the hooks' records to the blackboard and makes it agree with the schedd."""
