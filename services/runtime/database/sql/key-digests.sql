-- What a key was used with and what answers its repeats, in a form that lasts; the build before goes on with its own
-- columns beside these.
alter table idempotency_key
  -- Of the request as protobuf writes it, where fields at their default do not stand: a later version of the API, which has
  -- more fields, makes the same.
  add column request_digest bytea,
  -- Numbers of the changes that hold the answer, where it is of several resources; otherwise change_seq alone holds it.
  add column change_seqs bigint[];
