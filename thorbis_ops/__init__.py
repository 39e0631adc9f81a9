"""thorbis-ops operates a multi-tenant PostgreSQL and keeps the evidence.

The package in reading order, from what everything rests on to what a user calls:

``model``          the nouns, frozen; everything else is functions on them
``errors``         what may go wrong, and the exit code each kind means
``core``           pure judgement: headers, findings, changes, schedules, guards
``statements``     pure: what a statement is, and what its counters certainly say
``slo``            pure: objectives, events, verdicts
``span``           pure: what a span of time held of statements and events
``count``          pure: where the count of a target's statements stands
``metrics``        pure: nouns to Prometheus families
``alerts``         pure: alert rules with the configuration's objectives
``setting_types``  what a value of the configuration may be
``settings``       every setting there is
``config``         TOML to settings
``content``        finds checks, jobs, alerts, dashboards and schema files
``deadline``       a deadline that holds against a server that hangs
``log``            lines or JSON on standard error
``database``       the only place that talks to a watched server
``store``          what must survive a restart
``server``         a PostgreSQL of our own, for demo, drills and tests
``sources``        facts that are not SQL
``backup``         what base backups there are, and whether they are whole
``runner``         one job: plan, guard, act, verify, journal, recover
``estate``         the demo's database, its data and its traffic
``assess``         one check from end to end
``orders``         what the runner is told
``sampler``        one target's statements, counted sample by sample
``web``            what the daemon serves
``render``         nouns to tables, JSON, SARIF, JUnit, Markdown
``daemon``         the loop, and the only reader of the clock
``demo``           a whole operated database in one directory
``cli``            the commands
"""

__version__ = "0.1.0"
