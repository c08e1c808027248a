-- asked
DELETE FROM association_member WHERE association_member.association = :association_1;

INSERT INTO association_member (association, dataset, position) VALUES (:association, :dataset, :position);

INSERT INTO dpq (dataset, workflow, priority, campaign, parameters, state, created_at, created_by, attempts, event_id) OUTPUT inserted.id VALUES (:dataset, :workflow, :priority, :campaign, :parameters, :state, :created_at, :created_by, :attempts, :event_id);

SELECT association.name, association.workflow, association.member_workflow, association.state, association.created_at, association.created_by, association.changed_at, association.priority, association.campaign, association.parameters, association.member_parameter, association.deadline, association.at_least, association.remake, association.watched, association.round, association.entry_id, association.event_id, association.reason
FROM association
WHERE association.name = :name_1;

SELECT association_member.dataset
FROM association_member
WHERE association_member.association = :association_1 ORDER BY association_member.position;

UPDATE association SET entry_id=:entry_id WHERE association.name = :name_1;

UPDATE association SET reason=:reason WHERE association.name = :name_1 AND association.round = :round_1;

UPDATE association SET state=:state, changed_at=:changed_at, watched=:watched, round=:round, reason=:reason WHERE association.name = :name_1 AND association.round = :round_1;

UPDATE association SET workflow=:workflow, member_workflow=:member_workflow, state=:state, created_at=:created_at, created_by=:created_by, changed_at=:changed_at, priority=:priority, campaign=:campaign, parameters=:parameters, member_parameter=:member_parameter, deadline=:deadline, at_least=:at_least, remake=:remake, watched=:watched, round=:round, entry_id=:entry_id, event_id=:event_id, reason=:reason WHERE association.name = :name_1;

UPDATE association_member SET used_id=:used_id WHERE association_member.association = :association_1;

UPDATE association_member SET used_id=:used_id WHERE association_member.association = :association_1 AND association_member.dataset = :dataset_1;

-- count
SELECT count(*) AS count_1
FROM association;

SELECT count(*) AS count_1
FROM association
WHERE association.name LIKE :name_1 ESCAPE '\';

SELECT count(*) AS count_1
FROM association
WHERE association.state IN (...);

-- find
SELECT association.name, association.workflow, association.member_workflow, association.state, association.created_at, association.created_by, association.changed_at, association.priority, association.campaign, association.parameters, association.member_parameter, association.deadline, association.at_least, association.remake, association.watched, association.round, association.entry_id, association.event_id, association.reason
FROM association
WHERE association.name LIKE :name_1 ESCAPE '\' ORDER BY association.changed_at DESC, association.name
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT association.name, association.workflow, association.member_workflow, association.state, association.created_at, association.created_by, association.changed_at, association.priority, association.campaign, association.parameters, association.member_parameter, association.deadline, association.at_least, association.remake, association.watched, association.round, association.entry_id, association.event_id, association.reason
FROM association
WHERE association.state IN (...) ORDER BY association.changed_at DESC, association.name
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

SELECT association.name, association.workflow, association.member_workflow, association.state, association.created_at, association.created_by, association.changed_at, association.priority, association.campaign, association.parameters, association.member_parameter, association.deadline, association.at_least, association.remake, association.watched, association.round, association.entry_id, association.event_id, association.reason
FROM association ORDER BY association.changed_at DESC, association.name
OFFSET :param_1 ROWS
FETCH FIRST :param_2 ROWS ONLY;

-- find_one
SELECT association.name, association.workflow, association.member_workflow, association.state, association.created_at, association.created_by, association.changed_at, association.priority, association.campaign, association.parameters, association.member_parameter, association.deadline, association.at_least, association.remake, association.watched, association.round, association.entry_id, association.event_id, association.reason
FROM association
WHERE association.name = :name_1;

-- get
SELECT association.name, association.workflow, association.member_workflow, association.state, association.created_at, association.created_by, association.changed_at, association.priority, association.campaign, association.parameters, association.member_parameter, association.deadline, association.at_least, association.remake, association.watched, association.round, association.entry_id, association.event_id, association.reason
FROM association
WHERE association.name = :name_1;

-- members_of
SELECT association_member.dataset
FROM association_member
WHERE association_member.association = :association_1 ORDER BY association_member.position;

-- standing
SELECT association_member.association, association_member.dataset, association_member.used_id, association.state AS whole, latest.id AS entry_id, latest.state, (SELECT max(done.id) AS max_1
FROM dpq AS done
WHERE done.dataset = association_member.dataset AND done.workflow = association.member_workflow AND done.state = :state_1) AS done_id
FROM association_member JOIN association ON association.name = association_member.association LEFT OUTER JOIN dpq AS latest ON latest.id = (SELECT max(dpq.id) AS max_2
FROM dpq
WHERE dpq.dataset = association_member.dataset AND dpq.workflow = association.member_workflow)
WHERE association_member.association IN (...) ORDER BY association_member.association, association_member.position;

-- watched
SELECT TOP ... association.name, association.workflow, association.member_workflow, association.state, association.created_at, association.created_by, association.changed_at, association.priority, association.campaign, association.parameters, association.member_parameter, association.deadline, association.at_least, association.remake, association.watched, association.round, association.entry_id, association.event_id, association.reason
FROM association
WHERE association.watched = 1 AND association.name > :name_1 ORDER BY association.name;
