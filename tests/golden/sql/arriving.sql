-- note
UPDATE poller_event SET reason=:reason WHERE poller_event.id = :id_1;

-- record
INSERT INTO dpq (dataset, workflow, priority, campaign, parameters, state, created_at, created_by, attempts, not_before, event_id) VALUES (:dataset, :workflow, :priority, :campaign, :parameters, :state, :created_at, :created_by, :attempts, :not_before, :event_id);

INSERT INTO poller_event (poller, path, path_key, size, mtime_ns, mark, digest, [identity], state, seen_at, entries, destination, reason, inserted_at, settled_at) OUTPUT inserted.[identity], inserted.id VALUES (:poller, :path, :path_key, :size, :mtime_ns, :mark, :digest, :identity, :state, :seen_at, :entries, :destination, :reason, :inserted_at, :settled_at);

SELECT poller_event.id, poller_event.poller, poller_event.path, poller_event.path_key, poller_event.size, poller_event.mtime_ns, poller_event.mark, poller_event.digest, poller_event.[identity], poller_event.state, poller_event.seen_at, poller_event.entries, poller_event.destination, poller_event.reason, poller_event.inserted_at, poller_event.settled_at
FROM poller_event
WHERE poller_event.[identity] IN (...) ORDER BY poller_event.id;

UPDATE poller_event SET mark=:mark, state=:state, entries=:entries, destination=:destination, reason=:reason, inserted_at=:inserted_at, settled_at=:settled_at WHERE poller_event.id = :id_1 AND poller_event.state = :state_1;

-- retry
UPDATE poller_event SET state=:state, settled_at=:settled_at WHERE poller_event.id IN (...) AND poller_event.state IN (...);

-- settle
UPDATE dpq SET not_before=:not_before WHERE dpq.event_id IN (...) AND dpq.state = :state_1 AND dpq.not_before IS NOT NULL;

UPDATE poller_event SET state=:state, settled_at=:settled_at WHERE poller_event.id IN (...) AND poller_event.state IN (...);
