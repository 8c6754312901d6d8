# PostgreSQL as its package starts it; tables, a transaction, a restart.
set -e
pg_ctlcluster 15 main start
q() { su postgres -c "psql -qAtc \"$1\""; }
q 'create table t (n int, s text)'
q "insert into t select n, repeat('x', 100) from generate_series(1, 5000) n"
q 'begin; delete from t where n > 10; rollback'
q 'select count(*), sum(n) from t'
pg_ctlcluster 15 main restart -m fast
q 'select count(*) from t'
pg_ctlcluster 15 main stop -m fast
