/* The panel About, the same for every kind of console. */
import { h } from '../lib/dom';
import { Panel } from '../lib/panel';
import type { Fact } from './viewer';

export function aboutPanel(leave: () => void):
	{ panel: Panel; facts: HTMLElement } {
	const facts = h('dl', { class: 'facts' });
	const panel = new Panel({
		icon: 'info', label: 'About this console', caption: 'About',
		className: 'panel-about',
	},
	h('div', null, h('h2', { class: 'panel-heading' }, 'This console'),
		facts),
	h('div', null, h('h2', { class: 'panel-heading' }, 'Keys of this page'),
		h('p', { class: 'panel-note' }, h('kbd', null, 'Ctrl'), ' ',
			h('kbd', null, 'Alt'), ' ', h('kbd', null, 'Shift'),
			' pressed together and let go: from the screen to this ' +
			'toolbar. ', h('kbd', null, 'Esc'),
			' in the toolbar: back to the screen.')),
	h('div', { class: 'button-row' }, h('button', {
		type: 'button', class: 'button', on: {
			click: () => {
				panel.close(false);
				leave();
			},
		},
	}, 'Disconnect')));

	return { panel, facts };
}

export function fillFacts(list: HTMLElement,
	rows: readonly Fact[]): void {
	list.replaceChildren(...rows.flatMap(([term, value]) => [
		h('dt', null, term), h('dd', null, value)]));
}
