-- add
INSERT INTO dpq (dataset, workflow, priority, campaign, parameters, state, created_at, created_by, attempts) OUTPUT inserted.id VALUES (:dataset, :workflow, :priority, :campaign, :parameters, :state, :created_at, :created_by, :attempts);

SELECT TOP ... dpq.id
FROM dpq
WHERE dpq.dataset = :dataset_1 AND dpq.workflow = :workflow_1 AND dpq.state = :state_1 ORDER BY dpq.id;

-- add_all
INSERT INTO dpq (dataset, workflow, priority, campaign, parameters, state, created_at, created_by, attempts) VALUES (:dataset, :workflow, :priority, :campaign, :parameters, :state, :created_at, :created_by, :attempts);

-- ask_rescue
UPDATE dpq SET state=:state, not_before=:not_before, ended_at=:ended_at, rescue_by=:rescue_by, rescue_reason=:rescue_reason, rescue_owner=:rescue_owner WHERE dpq.id = :id_1 AND dpq.state IN (...);

-- asked_for
SELECT dpq.dataset, dpq.state, dpq.campaign
FROM dpq
WHERE dpq.dataset IN (...) AND dpq.workflow = :workflow_1;

-- candidates
SELECT TOP ... dpq.id, dpq.workflow, dpq.campaign, dpq.priority, dpq.rescue_by
FROM dpq
WHERE dpq.state = :state_1 AND (dpq.not_before IS NULL OR dpq.not_before <= :not_before_1) AND (dpq.rescue_owner IS NULL OR dpq.rescue_owner = :rescue_owner_1) ORDER BY dpq.priority DESC, dpq.id;

SELECT TOP ... dpq.id, dpq.workflow, dpq.campaign, dpq.priority, dpq.rescue_by
FROM dpq
WHERE dpq.state = :state_1 AND (dpq.not_before IS NULL OR dpq.not_before <= :not_before_1) AND dpq.priority < :priority_1 ORDER BY dpq.priority DESC, dpq.id;

SELECT TOP ... dpq.id, dpq.workflow, dpq.campaign, dpq.priority, dpq.rescue_by
FROM dpq
WHERE dpq.state = :state_1 AND (dpq.not_before IS NULL OR dpq.not_before <= :not_before_1) AND dpq.workflow = :workflow_1 AND dpq.campaign = :campaign_1 ORDER BY dpq.priority DESC, dpq.id;

SELECT TOP ... dpq.id, dpq.workflow, dpq.campaign, dpq.priority, dpq.rescue_by
FROM dpq
WHERE dpq.state = :state_1 AND (dpq.not_before IS NULL OR dpq.not_before <= :not_before_1) ORDER BY dpq.priority DESC, dpq.id;

-- change
SELECT dpq.id, dpq.dataset, dpq.workflow, dpq.priority, dpq.campaign, dpq.parameters, dpq.state, dpq.created_at, dpq.created_by, dpq.run_id, dpq.attempts, dpq.not_before, dpq.ended_at, dpq.error, dpq.rescue_by, dpq.rescue_reason, dpq.rescue_owner, dpq.event_id
FROM dpq
WHERE dpq.id = :id_1;

UPDATE dpq SET campaign=:campaign WHERE dpq.id = :id_1 AND dpq.state = :state_1;

UPDATE dpq SET priority=:priority WHERE dpq.id = :id_1 AND dpq.state = :state_1;

-- claim
UPDATE dpq SET state=:state, run_id=CASE dpq.id WHEN :param_1 THEN :param_2 END, attempts=(dpq.attempts + :attempts_1), ended_at=:ended_at, error=:error, rescue_by=:rescue_by, rescue_reason=:rescue_reason, rescue_owner=:rescue_owner OUTPUT inserted.id WHERE dpq.id IN (SELECT dpq.id
FROM dpq WITH (UPDLOCK, READPAST, ROWLOCK)
WHERE dpq.id IN (...) AND dpq.state = :param_3) AND dpq.state = :param_3;

-- claimable
SELECT TOP ... dpq.id, dpq.dataset, dpq.workflow, dpq.priority, dpq.campaign, dpq.parameters, dpq.state, dpq.created_at, dpq.created_by, dpq.run_id, dpq.attempts, dpq.not_before, dpq.ended_at, dpq.error, dpq.rescue_by, dpq.rescue_reason, dpq.rescue_owner, dpq.event_id
FROM dpq WITH (UPDLOCK, READPAST, ROWLOCK)
WHERE dpq.state = :state_1 AND (dpq.not_before IS NULL OR dpq.not_before <= :not_before_1) ORDER BY dpq.priority DESC, dpq.id;

-- count_before
SELECT count(*) AS count_1
FROM dpq
WHERE dpq.state = :state_1 AND dpq.priority = :priority_1 AND dpq.id < :id_1;

SELECT count(*) AS count_1
FROM dpq
WHERE dpq.state = :state_1 AND dpq.priority > :priority_1;

-- counts
SELECT dpq.state, count(*) AS count_1
FROM dpq GROUP BY dpq.state;

-- delete
SELECT dpq.id, dpq.dataset, dpq.workflow, dpq.priority, dpq.campaign, dpq.parameters, dpq.state, dpq.created_at, dpq.created_by, dpq.run_id, dpq.attempts, dpq.not_before, dpq.ended_at, dpq.error, dpq.rescue_by, dpq.rescue_reason, dpq.rescue_owner, dpq.event_id
FROM dpq
WHERE dpq.id = :id_1;

UPDATE dpq SET state=:state, ended_at=:ended_at WHERE dpq.id = :id_1 AND dpq.state = :state_1;

-- depths
SELECT dpq.priority, count(*) AS count_1
FROM dpq
WHERE dpq.state = :state_1 GROUP BY dpq.priority;

-- find
SELECT dpq.id, dpq.dataset, dpq.workflow, dpq.priority, dpq.campaign, dpq.parameters, dpq.state, dpq.created_at, dpq.created_by, dpq.run_id, dpq.attempts, dpq.not_before, dpq.ended_at, dpq.error, dpq.rescue_by, dpq.rescue_reason, dpq.rescue_owner, dpq.event_id
FROM dpq
WHERE dpq.campaign = :campaign_1 ORDER BY dpq.priority DESC, dpq.id
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT dpq.id, dpq.dataset, dpq.workflow, dpq.priority, dpq.campaign, dpq.parameters, dpq.state, dpq.created_at, dpq.created_by, dpq.run_id, dpq.attempts, dpq.not_before, dpq.ended_at, dpq.error, dpq.rescue_by, dpq.rescue_reason, dpq.rescue_owner, dpq.event_id
FROM dpq
WHERE dpq.dataset LIKE :dataset_1 ESCAPE '\' ORDER BY dpq.priority DESC, dpq.id
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT dpq.id, dpq.dataset, dpq.workflow, dpq.priority, dpq.campaign, dpq.parameters, dpq.state, dpq.created_at, dpq.created_by, dpq.run_id, dpq.attempts, dpq.not_before, dpq.ended_at, dpq.error, dpq.rescue_by, dpq.rescue_reason, dpq.rescue_owner, dpq.event_id
FROM dpq
WHERE dpq.state IN (...) ORDER BY dpq.priority DESC, dpq.id
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT dpq.id, dpq.dataset, dpq.workflow, dpq.priority, dpq.campaign, dpq.parameters, dpq.state, dpq.created_at, dpq.created_by, dpq.run_id, dpq.attempts, dpq.not_before, dpq.ended_at, dpq.error, dpq.rescue_by, dpq.rescue_reason, dpq.rescue_owner, dpq.event_id
FROM dpq
WHERE dpq.workflow = :workflow_1 ORDER BY dpq.priority DESC, dpq.id
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT dpq.id, dpq.dataset, dpq.workflow, dpq.priority, dpq.campaign, dpq.parameters, dpq.state, dpq.created_at, dpq.created_by, dpq.run_id, dpq.attempts, dpq.not_before, dpq.ended_at, dpq.error, dpq.rescue_by, dpq.rescue_reason, dpq.rescue_owner, dpq.event_id
FROM dpq ORDER BY dpq.priority DESC, dpq.id
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

-- get
SELECT dpq.id, dpq.dataset, dpq.workflow, dpq.priority, dpq.campaign, dpq.parameters, dpq.state, dpq.created_at, dpq.created_by, dpq.run_id, dpq.attempts, dpq.not_before, dpq.ended_at, dpq.error, dpq.rescue_by, dpq.rescue_reason, dpq.rescue_owner, dpq.event_id
FROM dpq
WHERE dpq.id = :id_1;

-- lanes
SELECT DISTINCT dpq.workflow, dpq.campaign
FROM dpq
WHERE dpq.state = :state_1;

-- lock
SELECT dpq.id, dpq.dataset, dpq.workflow, dpq.priority, dpq.campaign, dpq.parameters, dpq.state, dpq.created_at, dpq.created_by, dpq.run_id, dpq.attempts, dpq.not_before, dpq.ended_at, dpq.error, dpq.rescue_by, dpq.rescue_reason, dpq.rescue_owner, dpq.event_id
FROM dpq WITH (UPDLOCK, READPAST, ROWLOCK)
WHERE dpq.id IN (...) AND dpq.state = :param_1 ORDER BY dpq.priority DESC, dpq.id;

-- mark_claimed
UPDATE dpq SET state=:state, run_id=:run_id, attempts=(dpq.attempts + :attempts_1), ended_at=:ended_at, error=:error, rescue_by=:rescue_by, rescue_reason=:rescue_reason, rescue_owner=:rescue_owner WHERE dpq.id = :id_1 AND dpq.state = :state_1;

-- move
UPDATE dpq SET state=:state, ended_at=:ended_at, error=:error WHERE dpq.id = :id_1 AND dpq.state IN (...);

-- note
UPDATE dpq SET error=:error WHERE dpq.id = :id_1 AND dpq.state = :state_1;

-- put
INSERT INTO dpq (id, dataset, workflow, priority, campaign, parameters, state, created_at, created_by, run_id, attempts, not_before, ended_at, error, rescue_by, rescue_reason, rescue_owner, event_id) VALUES (:id, :dataset, :workflow, :priority, :campaign, :parameters, :state, :created_at, :created_by, :run_id, :attempts, :not_before, :ended_at, :error, :rescue_by, :rescue_reason, :rescue_owner, :event_id);

-- set_priority
UPDATE dpq SET priority=:priority WHERE dpq.id = :id_1;

-- waiting_of
SELECT dpq.dataset, dpq.workflow, dpq.id
FROM dpq
WHERE dpq.dataset IN (...) AND dpq.state = :state_1;

-- waiting_parameters
SELECT dpq.dataset, dpq.workflow, dpq.parameters
FROM dpq
WHERE dpq.dataset IN (...) AND dpq.state = :state_1;
