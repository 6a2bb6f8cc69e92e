import { clsx, type ClassValue } from 'clsx'
import { createTailwindMerge } from 'tailwind-merge'

// Which classes contradict each other: of those that stand in a group the last
// one counts. It is the part of Tailwind that is used here, for the whole of it is
// larger than the sign-in page; a test says what is missing.

const any = () => true
const number = (value: string) => /^\d/.test(value)
/** [1rem], but not a colour. */
const length = (value: string) => /^\[(?:[\d.]|min\()/.test(value)

/** One group for each name: p-4 contradicts p-2, not px-2. */
function each(names: string): Record<string, [Record<string, [typeof any]>]> {
  return Object.fromEntries(names.split(' ').map((name) => [name, [{ [name]: [any] }]]))
}

const merge = createTailwindMerge(() => ({
  cacheSize: 500,
  theme: {},
  classGroups: {
    ...each(
      'p px py ps pe pt pb pl pr m mx my ms me mt mb ml mr gap gap-x gap-y size w h min-w min-h max-w max-h ' +
        'inset inset-x inset-y start end top bottom left right z order basis self items justify place-items place-self place-content ' +
        'justify-items justify-self auto-cols grid-flow grid-cols col row aspect leading tracking opacity bg fill accent origin animate duration ease delay ' +
        'cursor select pointer-events resize touch outline-offset underline-offset decoration scale scale-x scale-y rotate translate-x translate-y ' +
        'scroll-my scroll-mt scroll-mb',
    ),
    'line-clamp': [{ 'line-clamp': [any] }],
    display: ['block', 'inline-block', 'inline', 'flex', 'inline-flex', 'grid', 'inline-grid', 'contents', 'hidden'],
    position: ['static', 'fixed', 'absolute', 'relative', 'sticky'],
    visibility: ['visible', 'invisible'],
    'screen-reader': ['sr-only', 'not-sr-only'],
    grow: [{ grow: ['', number] }],
    shrink: [{ shrink: ['', number] }],
    'flex-direction': [{ flex: ['row', 'row-reverse', 'col', 'col-reverse'] }],
    'flex-wrap': [{ flex: ['wrap', 'nowrap'] }],
    flex: [{ flex: [any] }],
    overflow: [{ overflow: [any] }],
    'overflow-x': [{ 'overflow-x': [any] }],
    'overflow-y': [{ 'overflow-y': [any] }],
    'object-fit': [{ object: ['contain', 'cover', 'fill', 'none'] }],
    'font-size': [{ text: ['day', 'meta', 'body', 'title', 'headline', length] }],
    'text-align': [{ text: ['start', 'center', 'end', 'right'] }],
    'text-color': [{ text: [any] }],
    'font-weight': [{ font: ['normal', 'medium', 'semibold', 'bold'] }],
    'font-family': [{ font: [any] }],
    'font-figures': ['tabular-nums', 'proportional-nums'],
    'text-line': ['underline', 'line-through', 'no-underline'],
    'text-overflow': ['truncate', 'text-ellipsis', 'text-clip'],
    whitespace: [{ whitespace: [any] }],
    wrap: [{ wrap: ['normal', 'break-word', 'anywhere'] }],
    rounded: [{ rounded: [any, ''] }],
    'rounded-t': [{ 'rounded-t': [any, ''] }],
    'rounded-b': [{ 'rounded-b': [any, ''] }],
    'border-width': [{ border: ['', number] }],
    ...Object.fromEntries(['x', 'y', 's', 'e', 't', 'b'].map((side) => [`border-width-${side}`, [{ [`border-${side}`]: ['', number] }]])),
    'border-style': [{ border: ['solid', 'dashed', 'dotted', 'none'] }],
    'border-color': [{ border: [any] }],
    'divide-x': [{ 'divide-x': ['', number] }],
    'divide-y': [{ 'divide-y': ['', number] }],
    'divide-color': [{ divide: [any] }],
    'space-x': [{ 'space-x': [any] }],
    'space-y': [{ 'space-y': [any] }],
    'outline-style': [{ outline: ['solid', 'dashed', 'dotted', 'none', 'hidden'] }],
    'outline-width': [{ outline: ['', number] }],
    'outline-color': [{ outline: [any] }],
    'ring-width': [{ ring: ['', number] }],
    'ring-color': [{ ring: [any] }],
    shadow: [{ shadow: [any, ''] }],
    transition: [{ transition: [any, ''] }],
  },
  conflictingClassGroups: {
    p: ['px', 'py', 'ps', 'pe', 'pt', 'pb', 'pl', 'pr'],
    px: ['ps', 'pe', 'pl', 'pr'],
    py: ['pt', 'pb'],
    m: ['mx', 'my', 'ms', 'me', 'mt', 'mb', 'ml', 'mr'],
    mx: ['ms', 'me', 'ml', 'mr'],
    my: ['mt', 'mb'],
    'scroll-my': ['scroll-mt', 'scroll-mb'],
    gap: ['gap-x', 'gap-y'],
    size: ['w', 'h'],
    inset: ['inset-x', 'inset-y', 'start', 'end', 'top', 'bottom', 'left', 'right'],
    'inset-x': ['start', 'end', 'left', 'right'],
    'inset-y': ['top', 'bottom'],
    overflow: ['overflow-x', 'overflow-y'],
    'line-clamp': ['display', 'overflow'],
    flex: ['basis', 'grow', 'shrink'],
    'font-size': ['leading'],
    rounded: ['rounded-t', 'rounded-b'],
    'border-width': ['border-width-x', 'border-width-y', 'border-width-s', 'border-width-e', 'border-width-t', 'border-width-b'],
  },
  conflictingClassGroupModifiers: {},
  orderSensitiveModifiers: ['*', '**', 'after', 'backdrop', 'before', 'details-content', 'file', 'first-letter', 'first-line', 'marker', 'placeholder', 'selection'],
}))

/** Joins class names; of two that contradict each other the later one wins. */
export function cn(...classes: ClassValue[]): string {
  return merge(clsx(classes))
}
