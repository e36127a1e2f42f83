/* Who has which console open, how others ended, and the way to end one. */
import { endSession, Problem, sessions } from '../lib/api';
import { h, replace, show } from '../lib/dom';
import { icon } from '../lib/icons';
import { notice } from '../lib/notice';
import type { SessionRow } from '../lib/types';
import { kinds } from '../lib/kinds';
import { Poll } from './poll';

const EVERY_MS = 5000;

export function bytes(n: number): string {
	const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
	let i = 0;
	let value = n;

	while (value >= 1024 && i < units.length - 1) {
		value /= 1024;
		i++;
	}
	return `${i === 0 || value >= 100 ? Math.round(value) :
		value.toFixed(1)} ${units[i]}`;
}

/* How long ago, from seconds of the Unix clock. */
export function ago(since: number): string {
	const s = Math.max(0, Math.round(Date.now() / 1000 - since));

	if (s < 90)
		return `${s} s ago`;
	if (s < 5400)
		return `${Math.round(s / 60)} min ago`;
	if (s < 172800)
		return `${Math.round(s / 3600)} h ago`;
	return `${Math.round(s / 86400)} d ago`;
}

function isOver(row: SessionRow): boolean {
	return row.state === 'ended';
}

/* Those that live first, the latest first among each. */
function byLife(a: SessionRow, b: SessionRow): number {
	return Number(isOver(a)) - Number(isOver(b)) || b.since - a.since;
}

const columns = ['Guest', 'Kind', 'User', 'From', 'State', 'Started',
	'To guest', 'From guest'];

export class Sessions {
	readonly root: HTMLElement;
	private readonly body = h('tbody');
	private readonly table: HTMLElement;
	private readonly none = h('div', { class: 'wall-nothing', hidden: true },
		h('p', { class: 'no-match' }, 'No console is open, and none was lately.'));
	private readonly banner = h('p', {
		class: 'alert', role: 'status', hidden: true,
	});
	private readonly poll = new Poll(EVERY_MS, () => this.refresh());
	private drawn = '';

	constructor(private readonly signedOut: () => void) {
		this.table = h('div', {
			class: 'table-frame', tabindex: 0, role: 'region',
			'aria-label': 'Consoles',
		}, h('table', { class: 'table' }, h('thead', null, h('tr', null,
			...columns.map((t) => h('th', { scope: 'col' }, t)),
			h('th', { scope: 'col' },
				h('span', { class: 'unseen' }, 'End')))), this.body));
		this.root = h('section', { class: 'sessions' },
			h('h1', { class: 'page-title' }, 'Consoles'),
			this.banner, this.table, this.none);
	}

	start(): void {
		this.poll.start();
	}

	stop(): void {
		this.poll.stop();
	}

	private async refresh(): Promise<boolean> {
		try {
			this.draw((await sessions()).sort(byLife));
			show(this.banner, false);
			return true;
		} catch (problem) {
			if (problem instanceof Problem && problem.status === 401)
				this.signedOut();
			replace(this.banner, icon('warning'), h('span', null,
				problem instanceof Problem ? problem.detail :
					String(problem)));
			show(this.banner, true);
			return false;
		}
	}

	private draw(rows: SessionRow[]): void {
		const key = JSON.stringify(rows);

		show(this.table, rows.length > 0);
		show(this.none, rows.length === 0);
		/* not under the hands of somebody who is asked "really?" */
		if (key === this.drawn ||
			this.body.querySelector('[data-sure="yes"]'))
			return;
		this.drawn = key;
		const focused = document.activeElement?.getAttribute('data-session');

		replace(this.body, ...rows.map((row) => this.row(row)));
		if (focused) {
			this.body.querySelector<HTMLElement>(
				`[data-session="${CSS.escape(focused)}"]`)?.focus();
		}
	}

	private row(row: SessionRow): HTMLElement {
		const over = isOver(row);
		const cells: [string, string][] = [
			['Kind', kinds[row.kind]?.label ?? row.kind],
			['User', row.user], ['From', row.from ?? '\u2013'],
			['State', row.word ? `${row.state}: ${row.word}` : row.state],
			['Started', ago(row.since)],
			['To guest', bytes(row.bytes_in)],
			['From guest', bytes(row.bytes_out)],
		];

		return h('tr', { class: over ? 'row-over' : null },
			h('th', { scope: 'row' }, row.guest),
			...cells.map(([name, value]) => h('td', {
				'data-name': name,
				'data-tip': name === 'State' ? row.detail : null,
			}, value)),
			h('td', { class: 'cell-end' }, over ? null : h('button', {
				type: 'button', class: 'button danger',
				'data-session': row.id,
				'aria-label': `End the console of ${row.guest} ` +
					`held by ${row.user}`,
				on: { click: (e) => this.end(row, e) },
			}, 'End')));
	}

	/* Twice, because somebody may be working there. */
	private end(row: SessionRow, event: Event): void {
		const button = event.currentTarget as HTMLButtonElement;

		if (button.dataset['sure'] !== 'yes') {
			button.dataset['sure'] = 'yes';
			button.textContent = 'Really end';
			setTimeout(() => {
				button.dataset['sure'] = '';
				button.textContent = 'End';
			}, 4000);
			return;
		}
		endSession(row.id).then(() => {
			notice(`The console of ${row.guest} was ended`);
			void this.poll.now();
		}, (problem: unknown) => notice(problem instanceof Problem ?
			problem.detail : String(problem)));
	}
}
