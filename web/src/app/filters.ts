/* What the list is narrowed by, beside the search and the state (R30). */
import { attribute, h, replace, show } from '../lib/dom';
import type { Guest } from '../lib/types';
import { typeWord } from './card';

const order = new Intl.Collator(undefined, { numeric: true });

interface Facet {
	name: string;
	any: string;
	of: (guest: Guest) => string[];
	word?: (value: string) => string;
}

const facets: Facet[] = [
	{ name: 'Type', any: 'Any type', of: (g) => [g.type], word: typeWord },
	{ name: 'Node', any: 'Any node', of: (g) => g.node ? [g.node] : [] },
	{ name: 'Pool', any: 'Any pool', of: (g) => g.pool ? [g.pool] : [] },
	{ name: 'Tag', any: 'Any tag', of: (g) => g.tags ?? [] },
];

export class Filters {
	readonly root: HTMLElement;
	private readonly selects = new Map<Facet, HTMLSelectElement>();
	private drawn = '';

	constructor(private readonly changed: () => void) {
		this.root = h('div', {
			class: 'filters', role: 'group', 'aria-label': 'Filters',
		}, ...facets.map((facet) => {
			const select = h('select', {
				class: 'field filter', 'aria-label': facet.name, on: {
					change: () => this.changed(),
				},
			}, h('option', { value: '' }, facet.any));

			this.selects.set(facet, select);
			return select;
		}));
	}

	/* Offers what there is; where there is no choice, nothing. */
	update(all: Guest[]): void {
		const values = facets.map((f) =>
			[...new Set(all.flatMap(f.of))].sort(order.compare));
		const key = JSON.stringify(values);

		if (key === this.drawn)
			return;
		this.drawn = key;
		facets.forEach((facet, i) => {
			const select = this.selects.get(facet) as HTMLSelectElement;
			const was = select.value;
			const found = values[i] ?? [];

			replace(select, h('option', { value: '' }, facet.any),
				...found.map((value) => h('option', { value },
					facet.word?.(value) ?? value)));
			select.value = found.includes(was) ? was : '';
			show(select, found.length > (facet.name === 'Tag' ||
				facet.name === 'Pool' ? 0 : 1));
		});
	}

	matches(guest: Guest): boolean {
		let fits = true;

		for (const [facet, select] of this.selects) {
			fits &&= select.value === '' ||
				facet.of(guest).includes(select.value);
			attribute(select, 'data-set', select.value !== '');
		}
		return fits;
	}

	setTag(tag: string): void {
		const [, select] = [...this.selects].find(([f]) =>
			f.name === 'Tag') ?? [];

		if (select)
			select.value = tag;
		this.changed();
	}

	clear(): void {
		for (const select of this.selects.values())
			select.value = '';
	}
}
