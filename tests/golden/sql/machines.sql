-- last_commands
SELECT TOP ... command_target.name, command.id
FROM command_target JOIN command ON command.id = command_target.command_id
WHERE command.verb IN (...) ORDER BY command.id DESC;

SELECT command.id, command.verb, command.kind, command.scope, command.run_id, command.value, command.requested_by, command.requested_at, command.reason, command.state, command.result, command.ended_at, command.filter, command.options, command.expires_at, command.total, command.done, command.failed, command.digest
FROM command
WHERE command.id IN (...);
