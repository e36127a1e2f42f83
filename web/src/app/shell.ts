/*
 * The frame of the page: the bar with its tabs, and below it the wall, the
 * list of open consoles, or one of the consoles. All consoles of all tabs stay
 * connected; only one is shown.
 */
import { guest as askGuest, Problem, signOut } from '../lib/api';
import { attribute, h, show, text } from '../lib/dom';
import { icon, mark } from '../lib/icons';
import { Panel } from '../lib/panel';
import { loadTabs, saveTabs } from '../lib/prefs';
import { themeButton } from '../lib/theme';
import { notice } from '../lib/notice';
import { doneOf } from '../lib/verbs';
import type { Kind, Login } from '../lib/types';
import { isKind, lastKind } from '../lib/kinds';
import { guestView } from '../console/guest';
import type { ConsoleView } from '../console/view';
import { Companion } from './companion';
import { Jobs } from './jobs';
import { Sessions } from './sessions';
import { Wall } from './wall';

interface Tab {
	guest: string;
	kind: Kind;
	view: ConsoleView;
	companion: Companion;
	item: HTMLElement;
	button: HTMLButtonElement;
	dot: HTMLElement;
	state: HTMLElement;
}

type Place = 'guests' | 'sessions' | Tab;

function typing(target: EventTarget | null): boolean {
	return target instanceof HTMLElement && (target.isContentEditable ||
		target.matches('input, textarea, select, canvas'));
}

export class Shell {
	readonly root: HTMLElement;
	private readonly wall: Wall;
	private readonly sessions: Sessions;
	private readonly tabs: Tab[] = [];
	private readonly tabList = h('ul', { class: 'tabs' });
	private readonly views = h('div', { class: 'views' });
	private readonly main: HTMLElement;
	private readonly home: HTMLButtonElement;
	private readonly list: HTMLButtonElement;
	private place: Place = 'guests';
	private readonly jobs = new Jobs((job) => {
		const name = this.wall.guest(job.guest)?.name || job.guest;

		if (job.state === 'done')
			notice(doneOf(job.what, name));
		/* one that was looked at closely is right in the list, too */
		void askGuest(job.guest).catch(() => null)
			.then(() => this.wall.ask());
	});

	constructor(private readonly login: Login,
		private readonly signedOut: () => void) {
		this.wall = new Wall({
			open: (guest, kind) => this.open(guest.id, kind, guest.name),
			openKinds: (id) => Object.fromEntries(this.tabs
				.filter((t) => t.guest === id).map((t) => [t.kind, true])),
			changed: () => this.tellTabs(),
			jobs: this.jobs,
			signedOut,
			admin: login.user.rights.includes('admin'),
		});
		this.sessions = new Sessions(signedOut);
		this.home = this.placeButton('Guests', 'grid', 'guests');
		this.list = this.placeButton('Consoles', 'list', 'sessions');
		this.main = h('main', { class: 'main', id: 'main' },
			this.wall.root, this.sessions.root, this.views);
		this.root = h('div', { class: 'shell' }, this.header(), this.main);
	}

	start(): void {
		document.addEventListener('keydown', this.key);
		addEventListener('popstate', this.popped);
		this.wall.start();
		for (const tab of loadTabs())
			this.addTab(tab.guest, isKind(tab.kind) ? tab.kind : 'vnc',
				tab.guest);
		this.go(this.fromAddress() ?? 'guests', false);
	}

	stop(): void {
		document.removeEventListener('keydown', this.key);
		removeEventListener('popstate', this.popped);
		this.wall.stop();
		this.sessions.stop();
		for (const tab of this.tabs)
			this.dropTab(tab);
	}

	open(guest: string, kind: Kind, name = ''): void {
		const known = this.tabs.find((t) => t.guest === guest &&
			t.kind === kind);

		this.go(known ?? this.addTab(guest, kind, name || guest), true);
	}

	private header(): HTMLElement {
		const user = this.login.user.name;
		const about = new Panel({
			icon: 'user', label: `Signed in as ${user}`,
			className: 'panel-user', tip: user,
		},
		h('p', { class: 'panel-user-name' }, user),
		h('p', { class: 'panel-note' }, this.login.user.rights.length > 0 ?
			`On every guest: ${this.login.user.rights.join(', ')}.` :
			'Rights differ from guest to guest.'),
		h('p', { class: 'panel-note' }, 'Glassbridge ',
			this.login.version ?? '', ' \u00b7 ',
			h('a', { href: 'licenses.txt' }, 'Licences')),
		h('button', {
			type: 'button', class: 'button button-wide',
			on: { click: () => void this.leave() },
		}, icon('leave'), 'Sign out'));

		return h('header', { class: 'top' },
			h('a', {
				class: 'brand', href: './', 'aria-label': 'Glassbridge',
				on: {
					click: (e) => {
						if (!e.ctrlKey && !e.metaKey && !e.shiftKey) {
							e.preventDefault();
							this.go('guests', true);
						}
					},
				},
			}, mark(), h('span', { class: 'brand-name' }, 'Glassbridge')),
			h('nav', { class: 'places', 'aria-label': 'Views' },
				this.home, this.list),
			h('nav', { class: 'tab-frame', 'aria-label': 'Open consoles' },
				this.tabList),
			h('div', { class: 'top-tools' }, themeButton(), about.root));
	}

	private placeButton(label: string, glyph: 'grid' | 'list',
		place: Place): HTMLButtonElement {
		return h('button', {
			type: 'button', class: 'place', 'aria-label': label,
			on: { click: () => this.go(place, true) },
		}, icon(glyph), h('span', null, label));
	}

	private async leave(): Promise<void> {
		try {
			await signOut();
		} catch (problem) {
			if (!(problem instanceof Problem) || problem.status !== 401) {
				notice(`You are still signed in: ${
					problem instanceof Problem ? problem.detail :
						String(problem)}`);
				return;
			}
		}
		saveTabs([]);
		this.signedOut();
	}

	private addTab(guest: string, kind: Kind, title: string): Tab {
		const dot = h('span', { class: 'dot' });
		const state = h('span', { class: 'unseen' });
		const button = h('button', {
			type: 'button', class: 'tab', title: guest,
		}, dot, h('span', { class: 'tab-name' }, title), state);
		const item = h('li', { class: 'tab-item' }, button, h('button', {
			type: 'button', class: 'tab-close',
			'aria-label': `Close the console of ${title}`,
			on: { click: () => this.closeTab(tab) },
		}, icon('close')));
		const companion = new Companion(guest, this.jobs);
		const view = guestView({
			guest, title, kind, deny: this.login.user.deny ?? [],
			more: companion.more, beside: companion.beside,
			changed: () => this.drawTab(tab),
			signIn: this.signedOut,
			guests: () => this.go('guests', true),
			switched: (next) => {
				tab.kind = next;
				this.remember();
			},
		});
		const tab: Tab = {
			guest, kind, view, companion, item, button, dot, state,
		};
		const known = this.wall.guest(guest);

		button.addEventListener('click', () => this.go(tab, true));
		button.addEventListener('auxclick', (e) => {
			if (e.button === 1)
				this.closeTab(tab);
		});
		button.addEventListener('keydown', (e) => this.tabKey(e, tab));
		this.tabs.push(tab);
		this.tabList.append(item);
		this.views.append(view.root);
		this.remember();
		if (known)
			companion.take(known);
		view.open();
		this.wall.draw();
		return tab;
	}

	private dropTab(tab: Tab): void {
		tab.companion.close();
		tab.view.close();
	}

	/* The list was read anew: it tells of the guests in the tabs, too. */
	private tellTabs(): void {
		for (const tab of this.tabs) {
			const guest = this.wall.guest(tab.guest);

			if (guest)
				tab.companion.take(guest);
		}
	}

	private closeTab(tab: Tab): void {
		const at = this.tabs.indexOf(tab);

		if (at < 0)
			return;
		this.tabs.splice(at, 1);
		this.dropTab(tab);
		tab.item.remove();
		this.remember();
		if (this.place === tab)
			this.go(this.tabs[Math.min(at, this.tabs.length - 1)] ??
				'guests', true);
		this.wall.draw();
	}

	private tabKey(event: KeyboardEvent, tab: Tab): void {
		const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];

		if (event.key === 'Delete') {
			this.closeTab(tab);
		} else if (step) {
			const at = this.tabs.indexOf(tab) + step;

			this.tabs[(at + this.tabs.length) % this.tabs.length]
				?.button.focus();
		}
	}

	private drawTab(tab: Tab): void {
		const { name } = tab.view.line.state;

		tab.companion.follow(tab.view.line.state);
		attribute(tab.dot, 'data-state', name);
		text(tab.state, `, ${name}`);
	}

	private remember(): void {
		saveTabs(this.tabs.map(({ guest, kind }) => ({ guest, kind })));
	}

	/* Every switch has an address: back and forward walk through them. */
	private addressOf(place: Place): string {
		return place === 'guests' ? '' : place === 'sessions' ?
			'#consoles' : `#console=${encodeURIComponent(place.guest)}`;
	}

	private fromAddress(): Place | null {
		const params = new URLSearchParams(location.hash.slice(1));
		const guest = params.get('console');

		if (params.has('consoles'))
			return 'sessions';
		return guest === null ? null :
			this.tabs.find((t) => t.guest === guest) ??
			this.addTab(guest, lastKind(guest) ?? 'vnc', guest);
	}

	private readonly popped = (): void => {
		this.go(this.fromAddress() ?? 'guests', false);
	};

	private go(place: Place, push: boolean): void {
		const moved = place !== this.place;
		const tab = typeof place === 'string' ? null : place;

		this.place = place;
		if (push && moved) {
			history.pushState(null, '', location.pathname +
				location.search + this.addressOf(place));
		}
		show(this.wall.root, place === 'guests');
		show(this.sessions.root, place === 'sessions');
		if (place === 'sessions')
			this.sessions.start();
		else
			this.sessions.stop();
		attribute(this.home, 'aria-current',
			place === 'guests' ? 'page' : null);
		attribute(this.list, 'aria-current',
			place === 'sessions' ? 'page' : null);
		for (const other of this.tabs)
			this.showTab(other, other === tab);
		this.root.classList.toggle('shell-console', tab !== null);
		document.title = tab ? `${tab.guest} \u2013 Glassbridge` :
			'Glassbridge';
		tab?.view.focus();
	}

	/* Hidden ones keep their size: the guest must not be resized to nothing. */
	private showTab(tab: Tab, visible: boolean): void {
		tab.view.root.classList.toggle('console-shown', visible);
		tab.view.root.inert = !visible;
		attribute(tab.button, 'aria-current', visible ? 'page' : null);
		if (visible)
			tab.item.scrollIntoView({ block: 'nearest', inline: 'nearest' });
	}

	private readonly key = (event: KeyboardEvent): void => {
		if (event.key === '/' && !typing(event.target) && !event.ctrlKey &&
			!event.metaKey && !event.altKey) {
			event.preventDefault();
			this.go('guests', true);
			this.wall.focusSearch();
		}
	};
}
