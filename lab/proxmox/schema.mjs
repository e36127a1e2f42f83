/*
 * The API's closed schemas: each call names its parameters, and an unknown
 * one is an error. A field is {type, optional, min, max, length, pattern,
 * values}.
 */
import { unescape8 } from './access.mjs';
import { BareError, badParams } from './errors.mjs';

const BOOLEANS = { 1: 1, on: 1, yes: 1, true: 1, 0: 0, off: 0, no: 0, false: 0 };

export const string = (more = {}) => ({ type: 'string', ...more });
export const integer = (min, max, more = {}) =>
	({ type: 'integer', min, max, ...more });
export const boolean = { type: 'boolean', optional: true };
export const words = (...values) => ({ type: 'string', values,
	optional: true });
export const optional = (field) => ({ ...field, optional: true });

export const NODE = string({ pattern: /^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/ });
export const VMID = integer(100, 999999999);

/*
 * Pieces end at `&` and at `;`; of a piece, only what stands between the
 * first and the second `=` is kept.
 */
export function decodeForm(text) {
	const params = {};

	for (const piece of text.split(/[&;]/)) {
		const [key, value = ''] = piece.split('=').map(
			(part) => unescape8(part.replaceAll('+', ' ')));

		if (key !== '')
			params[key] = value;
	}
	return params;
}

function decodeJson(text) {
	let object;

	try {
		object = JSON.parse(text);
	} catch {
		throw new BareError(400, 'unable to decode json');
	}
	return Object.fromEntries(Object.entries(object ?? {}).map(([key, value]) =>
		[key, typeof value === 'boolean' ? String(Number(value)) :
			String(value)]));
}

export function decodeBody(request) {
	const isJson = /^application\/json/.test(
		request.headers['content-type'] ?? '');

	if (!request.body.length)
		return {};
	return isJson ? decodeJson(request.body.toString('utf8')) :
		decodeForm(request.body.toString('latin1'));
}

/* URL parts and parameters together; a part may not be contradicted. */
export function mergeParams(parts, params) {
	for (const [key, value] of Object.entries(parts)) {
		if (key in params && params[key] !== value)
			throw badParams({ [key]: 'duplicate parameter (already ' +
				'defined in URI) with conflicting values!' });
	}
	return { ...params, ...parts };
}

function checkNumber(field, value) {
	if (!/^[+-]?\d+$/.test(value))
		return `type check ('integer') failed - got '${value}'`;
	if (Number(value) < field.min)
		return `value must have a minimum value of ${field.min}`;
	if (Number(value) > field.max)
		return `value must have a maximum value of ${field.max}`;
	return null;
}

function checkText(field, value) {
	if (field.values && !field.values.includes(value))
		return `value '${value}' does not have a value in the enumeration '${
			field.values.join(', ')}'`;
	if (field.length && value.length > field.length)
		return `value may only be ${field.length} characters long`;
	if (field.pattern && !field.pattern.test(value))
		return field.why ?? 'value does not match the regex pattern';
	return null;
}

function checkField(field, value) {
	if (value === undefined)
		return field.optional ? null :
			'property is missing and it is not optional';
	if (field.type === 'boolean')
		return value.toLowerCase() in BOOLEANS ? null :
			`type check ('boolean') failed - got '${value}'`;
	return field.type === 'integer' ? checkNumber(field, value) :
		checkText(field, value);
}

function convert(field, value) {
	switch (value === undefined ? '' : field.type) {
	case 'integer':
		return Number(value);
	case 'boolean':
		return BOOLEANS[value.toLowerCase()];
	default:
		return value;
	}
}

export function checkParams(fields, params) {
	const errors = {};
	const checked = {};

	for (const key of Object.keys(params)) {
		if (!(key in fields))
			errors[key] = 'property is not defined in schema and the ' +
				'schema does not allow additional properties';
	}
	for (const [key, field] of Object.entries(fields)) {
		const wrong = checkField(field, params[key]);

		if (wrong)
			errors[key] = wrong;
		else if (params[key] !== undefined)
			checked[key] = convert(field, params[key]);
	}
	if (Object.keys(errors).length)
		throw badParams(errors);
	return checked;
}
