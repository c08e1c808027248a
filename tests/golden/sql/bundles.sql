-- before
SELECT bundle.id, bundle.workflow, bundle.priority, bundle.directory, bundle.created_at
FROM bundle JOIN submission ON submission.bundle_id = bundle.id
WHERE submission.run_id = :run_id_1 AND submission.number = :number_1;

-- claimed
SELECT run.id, run.entry_id, run.dataset, run.workflow, run.priority, run.campaign, run.owner, run.parameters, run.state, run.submission, run.work_dir, run.dag_file, run.template_digest, run.created_at, run.ended_at, run.error
FROM run JOIN submission ON submission.run_id = run.id
WHERE submission.bundle_id = :bundle_id_1 AND submission.claimed_by = :claimed_by_1 AND submission.state = :state_1 ORDER BY run.id;

-- create_all
INSERT INTO bundle (id, workflow, priority, directory, created_at) VALUES (:id, :workflow, :priority, :directory, :created_at);

-- find
SELECT bundle.id, bundle.workflow, bundle.priority, bundle.directory, bundle.created_at
FROM bundle
WHERE bundle.id IN (...);

-- going
SELECT submission.bundle_id, submission.state, count(*) AS count_1, max(submission.schedd) AS max_1, max(submission.cluster) AS max_2
FROM submission
WHERE submission.bundle_id IN (SELECT submission.bundle_id
FROM submission
WHERE submission.state IN (...) AND submission.bundle_id IS NOT NULL) GROUP BY submission.bundle_id, submission.state;

-- holds
SELECT submission.run_id
FROM submission
WHERE submission.bundle_id = :bundle_id_1 AND submission.claimed_by = :claimed_by_1;

-- of_runs
SELECT submission.run_id, submission.bundle_id
FROM submission JOIN run ON submission.run_id = run.id AND submission.number = run.submission
WHERE run.id IN (...) AND submission.bundle_id IS NOT NULL;

-- take_over
UPDATE submission SET claimed_by=:claimed_by, claimed_at=:claimed_at, schedd=:schedd WHERE submission.bundle_id = :bundle_id_1 AND submission.claimed_by = :claimed_by_1 AND submission.state = :state_1;
