-- beat
INSERT INTO daemon (name, host, pid, version, started_at, heartbeat, stopped_at, message, facts) VALUES (:name, :host, :pid, :version, :started_at, :heartbeat, :stopped_at, :message, :facts);

UPDATE daemon SET pid=:pid, version=:version, started_at=:started_at, heartbeat=:heartbeat, stopped_at=:stopped_at, message=:message, facts=:facts WHERE daemon.name = :name_1 AND daemon.host = :host_1;

-- find
SELECT daemon.name, daemon.host, daemon.pid, daemon.version, daemon.started_at, daemon.heartbeat, daemon.stopped_at, daemon.message, daemon.facts
FROM daemon ORDER BY daemon.name, daemon.host;

-- stopped
UPDATE daemon SET stopped_at=:stopped_at WHERE daemon.name = :name_1 AND daemon.host = :host_1 AND daemon.pid = :pid_1;
