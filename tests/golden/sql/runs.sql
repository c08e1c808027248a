-- asked_at
SELECT dpq.created_at
FROM dpq JOIN run ON run.entry_id = dpq.id
WHERE run.id IN (...);

-- claims
SELECT submission.run_id, submission.number, submission.state, submission.claimed_by, submission.claimed_at, submission.requested_by, submission.reason, submission.schedd, submission.cluster, submission.global_job_id, submission.submitted_at, submission.started_at, submission.ended_at, submission.exit_code, submission.hold_reason, submission.nodes_total, submission.nodes_done, submission.nodes_failed, submission.nodes_futile, submission.bundle_id
FROM submission
WHERE submission.state = :state_1 ORDER BY submission.claimed_at;

-- count_active
SELECT count(*) AS count_1
FROM run
WHERE run.state IN (...);

-- counts
SELECT run.state, count(*) AS count_1
FROM run GROUP BY run.state;

-- create
INSERT INTO run (id, entry_id, dataset, workflow, priority, campaign, owner, parameters, state, submission, work_dir, dag_file, template_digest, created_at, ended_at, error) VALUES (:id, :entry_id, :dataset, :workflow, :priority, :campaign, :owner, :parameters, :state, :submission, :work_dir, :dag_file, :template_digest, :created_at, :ended_at, :error);

INSERT INTO submission (run_id, number, state, claimed_by, claimed_at, requested_by, reason, schedd, cluster, global_job_id, submitted_at, started_at, ended_at, exit_code, hold_reason, nodes_total, nodes_done, nodes_failed, nodes_futile, bundle_id) VALUES (:run_id, :number, :state, :claimed_by, :claimed_at, :requested_by, :reason, :schedd, :cluster, :global_job_id, :submitted_at, :started_at, :ended_at, :exit_code, :hold_reason, :nodes_total, :nodes_done, :nodes_failed, :nodes_futile, :bundle_id);

-- create_all
INSERT INTO run (id, entry_id, dataset, workflow, priority, campaign, owner, parameters, state, submission, work_dir, dag_file, template_digest, created_at, ended_at, error) VALUES (:id, :entry_id, :dataset, :workflow, :priority, :campaign, :owner, :parameters, :state, :submission, :work_dir, :dag_file, :template_digest, :created_at, :ended_at, :error);

INSERT INTO submission (run_id, number, state, claimed_by, claimed_at, requested_by, reason, schedd, cluster, global_job_id, submitted_at, started_at, ended_at, exit_code, hold_reason, nodes_total, nodes_done, nodes_failed, nodes_futile, bundle_id) VALUES (:run_id, :number, :state, :claimed_by, :claimed_at, :requested_by, :reason, :schedd, :cluster, :global_job_id, :submitted_at, :started_at, :ended_at, :exit_code, :hold_reason, :nodes_total, :nodes_done, :nodes_failed, :nodes_futile, :bundle_id);

-- create_rescue
INSERT INTO submission (run_id, number, state, claimed_by, claimed_at, requested_by, reason, schedd, cluster, global_job_id, submitted_at, started_at, ended_at, exit_code, hold_reason, nodes_total, nodes_done, nodes_failed, nodes_futile, bundle_id) VALUES (:run_id, :number, :state, :claimed_by, :claimed_at, :requested_by, :reason, :schedd, :cluster, :global_job_id, :submitted_at, :started_at, :ended_at, :exit_code, :hold_reason, :nodes_total, :nodes_done, :nodes_failed, :nodes_futile, :bundle_id);

UPDATE run SET state=:state, submission=:submission, ended_at=:ended_at, error=:error WHERE run.id = :id_1;

UPDATE submission SET state=:state WHERE submission.run_id = :run_id_1 AND submission.number = :number_1;

-- ended_lately
SELECT TOP ... run.id, run.entry_id, run.dataset, run.workflow, run.priority, run.campaign, run.owner, run.parameters, run.state, run.submission, run.work_dir, run.dag_file, run.template_digest, run.created_at, run.ended_at, run.error
FROM run
WHERE run.workflow = :workflow_1 AND run.ended_at IS NOT NULL AND run.ended_at > :ended_at_1 ORDER BY run.ended_at DESC;

-- find
SELECT TOP ... run.id, run.entry_id, run.dataset, run.workflow, run.priority, run.campaign, run.owner, run.parameters, run.state, run.submission, run.work_dir, run.dag_file, run.template_digest, run.created_at, run.ended_at, run.error
FROM run
WHERE run.campaign = :campaign_1 ORDER BY run.created_at DESC, run.id DESC;

SELECT TOP ... run.id, run.entry_id, run.dataset, run.workflow, run.priority, run.campaign, run.owner, run.parameters, run.state, run.submission, run.work_dir, run.dag_file, run.template_digest, run.created_at, run.ended_at, run.error
FROM run
WHERE run.state IN (...) ORDER BY run.created_at DESC, run.id DESC;

SELECT TOP ... run.id, run.entry_id, run.dataset, run.workflow, run.priority, run.campaign, run.owner, run.parameters, run.state, run.submission, run.work_dir, run.dag_file, run.template_digest, run.created_at, run.ended_at, run.error
FROM run ORDER BY run.created_at DESC, run.id DESC;

-- follow
SELECT run.entry_id
FROM run
WHERE run.id = :id_1;

UPDATE dpq SET state=:state, ended_at=:ended_at, error=:error WHERE dpq.id = :id_1 AND dpq.state IN (...);

UPDATE run SET state=:state, ended_at=:ended_at, error=:error WHERE run.id = :id_1 AND run.submission = :submission_1;

UPDATE submission SET ended_at=:ended_at WHERE submission.run_id = :run_id_1 AND submission.number = :number_1 AND submission.ended_at IS NULL;

UPDATE submission SET nodes_total=:nodes_total WHERE submission.run_id = :run_id_1 AND submission.number = :number_1;

UPDATE submission SET state=:state WHERE submission.run_id = :run_id_1 AND submission.number = :number_1 AND submission.state IN (...);

-- get
SELECT run.id, run.entry_id, run.dataset, run.workflow, run.priority, run.campaign, run.owner, run.parameters, run.state, run.submission, run.work_dir, run.dag_file, run.template_digest, run.created_at, run.ended_at, run.error
FROM run
WHERE run.id = :id_1;

-- going
SELECT submission.run_id, run.dag_file, bundle.directory
FROM submission JOIN run ON run.id = submission.run_id LEFT OUTER JOIN bundle ON bundle.id = submission.bundle_id
WHERE submission.state IN (...);

-- holds
SELECT submission.claimed_by
FROM submission
WHERE submission.run_id = :run_id_1 AND submission.number = :number_1;

-- known
SELECT run.id
FROM run
WHERE run.id IN (...);

-- latest
SELECT TOP ... run.id, run.entry_id, run.dataset, run.workflow, run.priority, run.campaign, run.owner, run.parameters, run.state, run.submission, run.work_dir, run.dag_file, run.template_digest, run.created_at, run.ended_at, run.error
FROM run
WHERE run.dataset = :dataset_1 AND run.workflow = :workflow_1 ORDER BY run.created_at DESC, run.id DESC;

SELECT TOP ... run.id, run.entry_id, run.dataset, run.workflow, run.priority, run.campaign, run.owner, run.parameters, run.state, run.submission, run.work_dir, run.dag_file, run.template_digest, run.created_at, run.ended_at, run.error
FROM run
WHERE run.dataset = :dataset_1 ORDER BY run.created_at DESC, run.id DESC;

-- mark_rendered
UPDATE run SET dag_file=:dag_file, template_digest=:template_digest WHERE run.id = :id_1;

-- mark_submitted
SELECT run.entry_id
FROM run
WHERE run.id = :id_1;

UPDATE dpq SET state=:state, ended_at=:ended_at, error=:error WHERE dpq.id = :id_1 AND dpq.state IN (...);

UPDATE run SET state=:state, ended_at=:ended_at, error=:error WHERE run.id = :id_1 AND run.submission = :submission_1;

UPDATE submission SET schedd=:schedd, cluster=:cluster, submitted_at=:submitted_at WHERE submission.run_id = :run_id_1 AND submission.number = :number_1;

UPDATE submission SET state=:state WHERE submission.run_id = :run_id_1 AND submission.number = :number_1 AND submission.state = :state_1;

-- open_submissions
SELECT submission.run_id, submission.number, submission.state, submission.claimed_by, submission.claimed_at, submission.requested_by, submission.reason, submission.schedd, submission.cluster, submission.global_job_id, submission.submitted_at, submission.started_at, submission.ended_at, submission.exit_code, submission.hold_reason, submission.nodes_total, submission.nodes_done, submission.nodes_failed, submission.nodes_futile, submission.bundle_id
FROM submission
WHERE submission.state IN (...) AND submission.claimed_by = :claimed_by_1 ORDER BY submission.claimed_at;

SELECT submission.run_id, submission.number, submission.state, submission.claimed_by, submission.claimed_at, submission.requested_by, submission.reason, submission.schedd, submission.cluster, submission.global_job_id, submission.submitted_at, submission.started_at, submission.ended_at, submission.exit_code, submission.hold_reason, submission.nodes_total, submission.nodes_done, submission.nodes_failed, submission.nodes_futile, submission.bundle_id
FROM submission
WHERE submission.state IN (...) ORDER BY submission.claimed_at;

-- set_priority
UPDATE run SET priority=:priority WHERE run.id = :id_1;

-- submissions
SELECT submission.run_id, submission.number, submission.state, submission.claimed_by, submission.claimed_at, submission.requested_by, submission.reason, submission.schedd, submission.cluster, submission.global_job_id, submission.submitted_at, submission.started_at, submission.ended_at, submission.exit_code, submission.hold_reason, submission.nodes_total, submission.nodes_done, submission.nodes_failed, submission.nodes_futile, submission.bundle_id
FROM submission
WHERE submission.run_id = :run_id_1 ORDER BY submission.number;

-- take_over
UPDATE submission SET claimed_by=:claimed_by, claimed_at=:claimed_at, schedd=:schedd WHERE submission.run_id = :run_id_1 AND submission.number = :number_1 AND submission.claimed_by = :claimed_by_1 AND submission.state = :state_1;
