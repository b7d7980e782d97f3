-- What somebody does, from topic `placements`: as far as hours, days and the portfolio follow from it.
CREATE TABLE placements (
    placement_id uuid PRIMARY KEY,
    version bigint NOT NULL,
    profile_id uuid NOT NULL,
    organisation_type text NOT NULL,
    level text NOT NULL,
    first_on date NOT NULL,
    last_on date NOT NULL,
    hours bigint NOT NULL,
    cancelled boolean NOT NULL
);
CREATE INDEX placements_by_profile ON placements (profile_id);

-- Work beside opdrachten, apart from the facts: these are as the topic has them, and the version that still runs
-- writes them whole. `due_on`: the next day that changes what follows from somebody's work ('9999-12-31': none that is
-- known), null of who has none. `settled_version`: the version that was published with what follows; another one was
-- written by the version that still runs, or came back from the topic.
ALTER TABLE profiles ADD COLUMN commitments jsonb NOT NULL DEFAULT '[]';
ALTER TABLE profiles ADD COLUMN due_on date;
ALTER TABLE profiles ADD COLUMN settled_version bigint;
