-- hold
UPDATE dpq SET not_before=:not_before, error=:error WHERE dpq.id IN (...) AND dpq.state = :param_1 AND (dpq.not_before IS NULL OR dpq.not_before != :not_before_1);

-- release
UPDATE dpq SET not_before=:not_before, error=:error WHERE dpq.id IN (...) AND dpq.state = :param_1 AND dpq.not_before = :not_before_1;

-- remove
UPDATE dpq SET state=:state, ended_at=:ended_at, error=:error WHERE dpq.id IN (...) AND dpq.state = :param_1;

-- set_priority
UPDATE dpq SET priority=:priority WHERE dpq.id IN (...) AND dpq.state = :param_1;
