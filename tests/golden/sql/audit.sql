-- add
INSERT INTO command (verb, requested_by, requested_at, state, ended_at, digest) OUTPUT inserted.id VALUES (:verb, :requested_by, :requested_at, :state, :ended_at, :digest);

SELECT TOP ... command.digest
FROM command ORDER BY command.id DESC;

SELECT command.id, command.verb, command.kind, command.scope, command.run_id, command.value, command.requested_by, command.requested_at, command.reason, command.state, command.result, command.ended_at, command.filter, command.options, command.expires_at, command.total, command.done, command.failed, command.digest, command.end_digest
FROM command
WHERE command.id = :id_1;

UPDATE command SET end_digest=:end_digest WHERE command.id = :id_1;

UPDATE turn SET taken_by=:taken_by, taken_at=:taken_at WHERE turn.name = :name_1;

-- broken
SELECT command.id, command.verb, command.kind, command.scope, command.run_id, command.value, command.requested_by, command.requested_at, command.reason, command.state, command.result, command.ended_at, command.filter, command.options, command.expires_at, command.total, command.done, command.failed, command.digest, command.end_digest
FROM command ORDER BY command.id;

-- latest
SELECT TOP ... command.digest
FROM command ORDER BY command.id DESC;

-- seal
SELECT command.id, command.verb, command.kind, command.scope, command.run_id, command.value, command.requested_by, command.requested_at, command.reason, command.state, command.result, command.ended_at, command.filter, command.options, command.expires_at, command.total, command.done, command.failed, command.digest, command.end_digest
FROM command
WHERE command.id = :id_1;

UPDATE command SET end_digest=:end_digest WHERE command.id = :id_1;
