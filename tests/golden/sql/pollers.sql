-- beat
UPDATE poller SET kind=:kind, directory=:directory, host=:host, pid=:pid, started_at=:started_at, looked_at=:looked_at, stopped_at=:stopped_at, message=:message, facts=:facts WHERE poller.name = :name_1;

-- find
SELECT poller.name, poller.kind, poller.directory, poller.host, poller.pid, poller.started_at, poller.looked_at, poller.stopped_at, poller.message, poller.facts, poller.paused_by, poller.paused_at, poller.pause_reason, poller.scan_asked_at, poller.scan_asked_by
FROM poller ORDER BY poller.name;

-- get
SELECT poller.name, poller.kind, poller.directory, poller.host, poller.pid, poller.started_at, poller.looked_at, poller.stopped_at, poller.message, poller.facts, poller.paused_by, poller.paused_at, poller.pause_reason, poller.scan_asked_at, poller.scan_asked_by
FROM poller
WHERE poller.name = :name_1;

-- look
SELECT poller.name, poller.kind, poller.directory, poller.host, poller.pid, poller.started_at, poller.looked_at, poller.stopped_at, poller.message, poller.facts, poller.paused_by, poller.paused_at, poller.pause_reason, poller.scan_asked_at, poller.scan_asked_by
FROM poller
WHERE poller.name = :name_1;

-- scanned
UPDATE poller SET scan_asked_at=:scan_asked_at, scan_asked_by=:scan_asked_by WHERE poller.name = :name_1 AND poller.scan_asked_at = :scan_asked_at_1;

-- stopped
UPDATE poller SET stopped_at=:stopped_at WHERE poller.name = :name_1 AND poller.host = :host_1 AND poller.pid = :pid_1;

-- want
UPDATE poller SET paused_by=:paused_by WHERE poller.name = :name_1;
