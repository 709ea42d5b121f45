"""Every periodic job there is, and when it runs: minute, hour, day, month, weekday, second; the clock is UTC."""

from besttrav.books import tasks as books
from besttrav.contact import tasks as contact
from besttrav.insurers import tasks as insurers
from besttrav.invoices import tasks as invoices
from besttrav.journal import tasks as journal
from besttrav.kernel.jobs import periodic
from besttrav.payments import tasks as payments
from besttrav.people import tasks as people
from besttrav.policies import tasks as policies
from besttrav.privacy import tasks as privacy
from besttrav.sales import tasks as sales

periodic("* * * * * */5")(journal.seal)
periodic("* * * * * 30")(contact.recover_messages)
periodic("* * * * * */10")(insurers.recover)
periodic("20 18 * * * 0")(journal.ensure_months)
periodic("40 18 2 * * 0")(journal.drop_expired)
periodic("0 19 * * 0 0")(journal.verify_whole)

periodic("* * * * * 30")(privacy.finish_pending)
periodic("10 * * * * 0")(privacy.sweep_unused)
periodic("10 16 * * * 0")(privacy.sweep)
periodic("40 16 * * * 0")(privacy.tidy)
periodic("50 16 * * * 0")(people.drop_forgotten_searches)
periodic("52 16 * * * 0")(people.drop_forgotten_travellers)
periodic("30 1 * * * 0")(people.tell_of_ending_travellers)
periodic("10 17 * * * 0")(privacy.turn_epoch)

periodic("* * * * * 15")(people.watch_codes)
periodic("* * * * * */5")(payments.recover)
periodic("30 2,4,8 * * * 0")(payments.compare_bills)
periodic("* * * * * */20")(sales.expire)
periodic("* * * * * 45")(policies.recover)
periodic("* * * * * */10")(invoices.recover)
periodic("45 * * * * 0")(books.enter_missing)
