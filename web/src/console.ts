/* The document at /console/{guest}: one console, nothing else. */
import { Door } from './app/door';
import { guestChannel } from './console/guest';
import { ConsoleView } from './console/view';
import { Problem } from './lib/api';
import { at, guestOfAddress } from './lib/base';
import { h } from './lib/dom';

const door: Door = new Door((login) => {
	const guest = guestOfAddress() || login.user.guest || '';

	if (!guest) {
		location.replace(at(''));
		return { root: h('main'), start() {}, stop() {} };
	}
	const view: ConsoleView = new ConsoleView({
		guest, title: guest,
		channel: guestChannel(guest, 'vnc', login.user.deny ?? []),
		changed() {
			document.title = `${guest}, ${view.line.state.name} \u2013 ` +
				'Glassbridge';
		},
		signIn: () => door.ask(new Problem('not_signed_in', 401, '')),
		guests: login.user.guest ? null : () => location.assign(at('')),
	});

	view.root.classList.add('console-shown');
	return {
		root: h('main', { class: 'alone', id: 'main' },
			h('h1', { class: 'unseen' }, `Console of ${guest}`), view.root),
		start: () => view.open(),
		stop: () => view.close(),
	};
});

void door.knock();
