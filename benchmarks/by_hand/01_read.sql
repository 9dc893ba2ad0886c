-- The files as typed tables, numbered as they lie in the file.
-- Written for what the generator writes: one clean export per entity, local times of UTC+8.
create macro file_row(entity, row_no) as
    'inbox/' || entity || '_' || strftime(getvariable('as_of'), '%Y%m%d') || '.csv row ' || row_no;
create macro file_of(entity) as
    getvariable('inbox') || '/' || entity || '_' || strftime(getvariable('as_of'), '%Y%m%d') || '.csv';

create table src_people as
select * from read_csv(file_of('people'), header = true, columns = {
    'person_id': 'varchar', 'name': 'varchar', 'team': 'varchar', 'region': 'varchar',
    'manager_id': 'varchar', 'hired_on': 'date', 'left_on': 'date'});

create table src_org as
select * from read_csv(file_of('org_units'), header = true, columns = {
    'org_id': 'varchar', 'name': 'varchar', 'parent_id': 'varchar', 'kind': 'varchar'});

create table src_assignment as
select * from read_csv(file_of('person_assignments'), header = true, columns = {
    'person_id': 'varchar', 'org_id': 'varchar', 'valid_from': 'date', 'valid_to': 'date'});

create table src_fx as
select * from read_csv(file_of('fx_rates'), header = true, columns = {
    'currency': 'varchar', 'valid_on': 'date', 'rate': 'decimal(18,6)'});

create table src_account as
select *, row_number() over () + 1 as row_no from read_csv(file_of('accounts'), header = true, columns = {
    'account_id': 'varchar', 'name': 'varchar', 'owner_id': 'varchar', 'region': 'varchar',
    'customer_type': 'varchar', 'lead_source': 'varchar', 'is_strategic': 'varchar', 'state': 'varchar',
    'created_at': 'timestamp', 'phone': 'varchar'});

create table src_deal as
select *, row_number() over () + 1 as row_no from read_csv(file_of('opportunities'), header = true, columns = {
    'opportunity_id': 'varchar', 'account_id': 'varchar', 'owner_id': 'varchar', 'product_line': 'varchar',
    'stage': 'varchar', 'amount': 'decimal(18,4)', 'currency': 'varchar', 'created_at': 'timestamp',
    'expected_close_on': 'date', 'closed_at': 'timestamp', 'updated_at': 'timestamp',
    'lead_source': 'varchar', 'loss_reason': 'varchar', 'competitor': 'varchar'});

create table src_event as
select * from read_csv(file_of('stage_events'), header = true, columns = {
    'opportunity_id': 'varchar', 'from_stage': 'varchar', 'to_stage': 'varchar',
    'changed_at': 'timestamp', 'changed_by': 'varchar'});

create table src_activity as
select *, row_number() over () + 1 as row_no from read_csv(file_of('activities'), header = true, columns = {
    'activity_id': 'varchar', 'person_id': 'varchar', 'occurred_at': 'timestamp', 'kind': 'varchar',
    'account_id': 'varchar', 'opportunity_id': 'varchar', 'content': 'varchar'});

create table src_lead as
select *, row_number() over () + 1 as row_no from read_csv(file_of('leads'), header = true, columns = {
    'lead_id': 'varchar', 'created_at': 'timestamp', 'name': 'varchar', 'phone': 'varchar',
    'lead_source': 'varchar', 'owner_id': 'varchar', 'assigned_at': 'timestamp',
    'first_response_at': 'timestamp', 'status': 'varchar', 'region': 'varchar',
    'converted_account_id': 'varchar', 'converted_opportunity_id': 'varchar'});

create table src_quote as
select *, row_number() over () + 1 as row_no from read_csv(file_of('quotes'), header = true, columns = {
    'quote_id': 'varchar', 'opportunity_id': 'varchar', 'issued_on': 'date', 'amount': 'decimal(18,4)',
    'person_id': 'varchar'});

create table src_order as
select *, row_number() over () + 1 as row_no from read_csv(file_of('orders'), header = true, columns = {
    'order_id': 'varchar', 'line_no': 'varchar', 'account_id': 'varchar', 'person_id': 'varchar',
    'signed_on': 'date', 'amount': 'decimal(18,4)', 'currency': 'varchar', 'opportunity_id': 'varchar',
    'product_line': 'varchar', 'status': 'varchar', 'cancelled_on': 'date'});

create table src_receivable as
select *, row_number() over () + 1 as row_no from read_csv(file_of('receivables'), header = true, columns = {
    'order_id': 'varchar', 'due_on': 'date', 'amount': 'decimal(18,4)'});

create table src_payment as
select *, row_number() over () + 1 as row_no from read_csv(file_of('payments'), header = true, columns = {
    'payment_id': 'varchar', 'order_id': 'varchar', 'received_on': 'date', 'amount': 'decimal(18,4)'});
