"""thorbis-ops operates a multi-tenant PostgreSQL and keeps the evidence.

The package in reading order:

``model``       the nouns, frozen; everything else is functions on them
``errors``      what may go wrong, and the exit code each kind means
``core``        pure judgement: headers, findings, changes, schedules, guards
``statements``  pure: what a statement is, and what its counters certainly say
``slo``         pure: objectives, events, verdicts
``metrics``     nouns to Prometheus families
``content``     finds checks, jobs, alerts, dashboards and schema files
``config``      TOML to settings
``database``    the only place that talks to a watched server
``store``       what must survive a restart
``server``      a PostgreSQL of our own, for demo, drills and tests
``sources``     facts that are not SQL
``runner``      one job: plan, guard, act, verify, journal, recover
``estate``      the demo's database, its data and its traffic
``daemon``      the loop, and the only reader of the clock
``web``         what it serves
``render``      nouns to tables, JSON, SARIF, JUnit, Markdown
``cli``         the commands
"""

__version__ = "0.1.0"
