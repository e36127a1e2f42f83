/* The document at /console/{guest}: one console, nothing else. */
import { Companion } from './app/companion';
import { Door } from './app/door';
import { Jobs } from './app/jobs';
import { guestChannel } from './console/guest';
import { ConsoleView } from './console/view';
import { Problem } from './lib/api';
import { at, guestOfAddress } from './lib/base';
import { h } from './lib/dom';
import { notice } from './lib/notice';
import { doneOf } from './lib/verbs';

const door: Door = new Door((login) => {
	const guest = guestOfAddress() || login.user.guest || '';

	if (!guest) {
		location.replace(at(''));
		return { root: h('main'), start() {}, stop() {} };
	}
	const jobs = new Jobs((job) => {
		if (job.state === 'done')
			notice(doneOf(job.what, guest));
		companion.look();
	});
	const companion = new Companion(guest, jobs);
	const view: ConsoleView = new ConsoleView({
		guest, title: guest, more: companion.more, beside: companion.beside,
		channel: guestChannel(guest, 'vnc', login.user.deny ?? []),
		changed() {
			document.title = `${guest}, ${view.line.state.name} \u2013 ` +
				'Glassbridge';
			companion.follow(view.line.state);
		},
		signIn: () => door.ask(new Problem('not_signed_in', 401, '')),
		guests: login.user.guest ? null : () => location.assign(at('')),
	});

	view.root.classList.add('console-shown');
	return {
		root: h('main', { class: 'alone', id: 'main' },
			h('h1', { class: 'unseen' }, `Console of ${guest}`), view.root),
		start: () => view.open(),
		stop() {
			companion.close();
			view.close();
		},
	};
});

void door.knock();
