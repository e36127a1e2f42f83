/*
 * xterm.js writes style elements and style attributes, which the page's policy
 * forbids: no inline styles. What it takes for the document is this one (see
 * build.mjs): a style element becomes a style sheet made by script, a style
 * attribute is set property by property. Both are the page's own doing and
 * allowed, so that the policy needs no hole.
 */
function asSheet(): HTMLElement {
	const sheet = new CSSStyleSheet();
	const stand = document.createElement('template');
	const { remove } = stand;

	document.adoptedStyleSheets.push(sheet);
	Object.defineProperty(stand, 'textContent', {
		set: (css: string) => sheet.replaceSync(css),
	});
	stand.remove = () => {
		document.adoptedStyleSheets = document.adoptedStyleSheets
			.filter((s) => s !== sheet);
		remove.call(stand);
	};
	return stand;
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
	if (name === 'style')
		this.style.cssText = value;
	else
		Element.prototype.setAttribute.call(this, name, value);
}

function create(name: string): HTMLElement {
	if (name === 'style')
		return asSheet();
	const element = document.createElement(name);

	element.setAttribute = setAttribute;
	return element;
}

/* The document, but for what it creates. */
export const strict = new Proxy(document, {
	get(target, key) {
		if (key === 'createElement')
			return create;
		const value: unknown = Reflect.get(target, key, target);

		return typeof value === 'function' ? value.bind(target) : value;
	},
	set: (target, key, value) => Reflect.set(target, key, value, target),
});
