/*
 * What can be done to a guest: power (R32), snapshots (R86), and which of its
 * consoles comes first (R90). The same panel stands on its card and in the
 * bar of its console; what the person may not do is not there.
 */
import { power } from '../lib/api';
import { confirmed } from '../lib/confirm';
import { attribute, h, replace, show, text, uniqueId } from '../lib/dom';
import { icon } from '../lib/icons';
import { alwaysKind, isKind, kinds, kindsOf, setAlways } from '../lib/kinds';
import { copyText } from '../lib/notice';
import { Panel } from '../lib/panel';
import type { Guest, Job, Verb } from '../lib/types';
import { doingOf, doneOf, isVerb, verbOrder, verbs } from '../lib/verbs';
import type { Jobs } from './jobs';
import { snapshotSection } from './snapshots';

export function verbsOf(guest: Guest): Verb[] {
	return verbOrder.filter((v) => guest.power?.includes(v));
}

function powerWords(guest: Guest): string {
	return guest.snapshots ? 'Power and snapshots' : 'Power';
}

function hasChoice(guest: Guest): boolean {
	return kindsOf(guest).filter((k) => guest.kinds[k]?.available)
		.length > 1;
}

export async function doVerb(guest: Guest, verb: Verb, jobs: Jobs):
	Promise<void> {
	const info = verbs[verb];
	const name = guest.name || guest.id;
	const yes = !info.ask || await confirmed({
		title: `${info.label} ${name}?`, about: info.ask,
		yes: `${info.label} ${name}`, danger: info.danger ?? false,
	});

	if (yes)
		await jobs.start(guest.id, verb, () => power(guest.id, verb));
}

/* How a job stands; a word of the hypervisor where it failed. */
export function jobLine(job: Job, putAway: () => void,
	name = ''): HTMLElement {
	if (job.state === 'done') {
		return h('div', { class: 'job job-done' }, icon('check'),
			h('span', null, doneOf(job.what, name)));
	}
	if (job.state === 'failed') {
		const what = isVerb(job.what) ? verbs[job.what].label : 'Going back';

		return h('div', { class: 'job job-failed', role: 'alert' },
			icon('warning'), h('span', null, h('strong', null,
				`${what} failed. `), job.detail || job.word || ''),
			h('button', {
				type: 'button', class: 'icon-button',
				'aria-label': 'Put this message away',
				on: { click: putAway },
			}, icon('close')));
	}
	return h('div', { class: 'job', role: 'status' },
		h('span', { class: 'spinner' }),
		h('span', null, `${doingOf(job.what)}\u2026`));
}

function taskLine(task: string): HTMLElement {
	return h('div', { class: 'job-task' },
		h('code', { 'data-tip': 'The hypervisor\u2019s name of this task' },
			task), h('button', {
			type: 'button', class: 'icon-button',
			'aria-label': 'Copy the task\u2019s name', 'data-tip': 'Copy',
			on: { click: () => void copyText(task, 'Task') },
		}, icon('copy')));
}

export class GuestMenu {
	readonly root: HTMLElement;
	private readonly panel: Panel;
	private readonly job = h('div', { class: 'panel-job' });
	private readonly content = h('div', { class: 'panel-sections' });
	private readonly title = h('h2', { class: 'panel-title' });
	private readonly deaf: () => void;
	private drawnJob = '';
	private drawn = '';

	constructor(private guest: Guest | null, private readonly jobs: Jobs,
		className: string) {
		this.panel = new Panel({
			icon: 'power', label: 'Power and snapshots', floating: true,
			className: 'panel-guest', buttonClass: className,
			opened: () => this.redraw(),
		}, this.title, this.job, this.content);
		this.root = this.panel.root;
		this.deaf = jobs.listen(() => this.drawJob());
		this.update(guest);
	}

	close(): void {
		this.panel.close(false);
		this.deaf();
	}

	update(guest: Guest | null): void {
		const power = guest && (verbsOf(guest).length > 0 ||
			guest.snapshots === true);
		const name = guest?.name || guest?.id || '';
		const label = power ? `${powerWords(guest)} of ${name}` :
			`Options of ${name}`;

		this.guest = guest;
		show(this.root, guest !== null && (power === true ||
			hasChoice(guest)));
		attribute(this.panel.button, 'aria-label', label);
		attribute(this.panel.body, 'aria-label', label);
		attribute(this.panel.button, 'data-tip', power ?
			powerWords(guest) : 'Options');
		if (this.panel.button.dataset['icon'] !== (power ? 'on' : 'off')) {
			this.panel.button.dataset['icon'] = power ? 'on' : 'off';
			replace(this.panel.button, icon(power ? 'power' : 'more'));
		}
		if (this.root.hidden)
			this.panel.close(false);
		else if (this.panel.open)
			this.draw();
	}

	private redraw(): void {
		this.drawn = '';
		this.draw();
		this.drawJob();
	}

	private drawJob(): void {
		const job = this.guest && this.panel.open ?
			this.jobs.of(this.guest.id) : null;
		const key = JSON.stringify(job);

		if (key === this.drawnJob)
			return;
		this.drawnJob = key;
		replace(this.job, job && this.guest ?
			jobLine(job, () => this.jobs.putAway(job.guest),
				this.guest.name || this.guest.id) : null,
		job?.task ? taskLine(job.task) : null);
		if (job?.state === 'running' &&
			this.content.contains(document.activeElement))
			this.panel.body.focus(); /* not on what is disabled now */
		for (const button of this.content.querySelectorAll('button'))
			button.disabled = job?.state === 'running';
		this.panel.place();
	}

	/* Only what changed is made anew: the focus and the list stay. */
	private draw(): void {
		const { guest } = this;
		const key = JSON.stringify([guest?.id, guest && verbsOf(guest),
			guest?.snapshots, guest && hasChoice(guest)]);

		if (!guest || key === this.drawn)
			return;
		const had = this.content.contains(document.activeElement);

		this.drawn = key;
		text(this.title, guest.name || guest.id);
		replace(this.content, this.powerSection(guest),
			guest.snapshots ? snapshotSection(guest, this.jobs,
				this.panel.place) : null,
			hasChoice(guest) ? this.kindSection(guest) : null);
		if (had)
			this.content.querySelector('button')?.focus();
		this.panel.place();
	}

	private powerSection(guest: Guest): HTMLElement | null {
		const can = verbsOf(guest);

		return can.length === 0 ? null : h('section', null,
			h('h3', { class: 'panel-heading' }, 'Power'),
			h('div', { class: 'verbs' }, ...can.map((verb) => h('button', {
				type: 'button',
				class: `button ${verbs[verb].danger ? 'danger' : ''}`,
				on: { click: () => void doVerb(guest, verb, this.jobs) },
			}, icon(verbs[verb].icon), verbs[verb].label))));
	}

	private kindSection(guest: Guest): HTMLElement {
		const id = uniqueId('kind');
		const select = h('select', {
			id, class: 'field', on: {
				change: () => setAlways(guest.id, isKind(select.value) ?
					select.value : null),
			},
		}, h('option', { value: '' }, 'The one used last'),
		...kindsOf(guest).filter((k) => guest.kinds[k]?.available)
			.map((k) => h('option', { value: k }, kinds[k].label)));

		select.value = alwaysKind(guest.id) ?? '';
		return h('section', null, h('label', {
			class: 'panel-heading', for: id,
		}, 'Console that comes first'), select);
	}
}
