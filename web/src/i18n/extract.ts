import { parseAst } from 'vite'

// Reads sources for their texts: for the test of the catalogues. It is no part of the client.

export interface Found {
  /** Texts that are looked up; true for those with plural forms. */
  texts: Map<string, boolean>
  /** What is wrong, each with its place. */
  faults: string[]
}

interface Node {
  type: string
  start: number
  [key: string]: unknown
}

/** Calls whose arguments are for machines. */
const silent = new Set(['cn', 'cva', 'clsx', 'querySelector', 'querySelectorAll', 'closest', 'includes', 'matches', 'matchMedia', 'getElementById', 'addEventListener', 'setRequestHeader', 'Error', 'TypeError', 'RegExp'])
/** Attributes that nobody reads. */
const mute = /^(?:class|classList|style|d|id|href|src|sizes|srcset|type|name|rel|target|to|from|key|chords|role|variant|size|autocomplete|inputMode|inputmode|allow|for|data-.*|aria-keyshortcuts|aria-live|aria-haspopup)$|[a-z]Class$/

/** Keys as events and ARIA name them. */
const modifiers = new Set(['Alt', 'Control', 'Meta', 'Mod', 'Shift'])

export function read(file: string, code: string, found: Found) {
  const program = parseAst(code, { lang: file.endsWith('x') ? 'tsx' : 'ts' }) as unknown as Node
  const fault = (node: Node, what: string) => {
    const line = code.slice(0, node.start).split('\n').length
    found.faults.push(`${file}:${line}: ${what}`)
  }

  function add(node: Node | undefined, plural: boolean, at: Node) {
    const text = node && literal(node)
    if (text === undefined) return plural ? fault(at, 'the forms of a plural have to stand there in full') : undefined
    const before = found.texts.get(text)
    if (before !== undefined && before !== plural) fault(at, `“${text}” is a plural in one place and none in another`)
    found.texts.set(text, plural)
  }

  function walk(node: Node, depth: number, quiet: boolean) {
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
      case 'TSTypeAnnotation':
      case 'TSInterfaceDeclaration':
      case 'TSTypeAliasDeclaration':
      case 'TSTypeParameterInstantiation':
        return
      case 'CallExpression':
      case 'NewExpression': {
        const callee = node['callee'] as Node
        const name = String(callee['name'] ?? (callee['property'] as Node | undefined)?.['name'] ?? '')
        const args = node['arguments'] as Node[]
        if (name === 't' || name === 'm' || name === 'plural') {
          if (name !== 'm' && depth === 0) fault(node, `${name}() before the language is known: mark it by m() and say it later`)
          if (name === 'plural') add(args[2], true, node)
          else add(args[0], false, node)
          const rest = name === 'plural' ? [args[0], args[3]] : args.slice(1)
          if (args[0] && literal(args[0]) === undefined && name !== 'plural') rest.push(args[0])
          for (const arg of rest) if (arg) walk(arg, depth, quiet)
          return
        }
        walk(callee, depth, quiet)
        // Lists of classes in ui/cn.ts, and names of headers.
        const of = callee['object'] as Node | undefined
        const machines = name === 'each' || (name === 'get' && of !== undefined && /\bheaders$/.test(code.slice(of.start, of['end'] as number)))
        for (const arg of args) walk(arg, depth, quiet || machines || silent.has(name))
        return
      }
      case 'JSXElement': {
        const opening = node['openingElement'] as Node
        const name = String((opening['name'] as Node)['name'] ?? '')
        for (const attribute of opening['attributes'] as Node[]) {
          const key = String((attribute['name'] as Node | undefined)?.['name'] ?? '')
          if (name === 'T' && key === 'text') {
            const value = attribute['value'] as Node
            const inner = value.type === 'JSXExpressionContainer' ? (value['expression'] as Node) : value
            if (literal(inner) !== undefined) add(inner, false, attribute)
            else walk(inner, depth, quiet)
            continue
          }
          walk(attribute, depth, quiet || mute.test(key))
        }
        for (const child of node['children'] as Node[]) walk(child, depth, quiet)
        return
      }
      case 'JSXText':
        // The product's name is the same in every language.
        if (/\p{L}/u.test(String(node['value']).replace(/^\s*Snug\s*$/, ''))) fault(node, `“${String(node['value']).trim()}” is in no catalogue`)
        return
      case 'Property': {
        const key = String((node['key'] as Node)['name'] ?? '')
        walk(node['value'] as Node, depth, quiet || mute.test(key))
        return
      }
      case 'AssignmentExpression': {
        const key = String(((node['left'] as Node)['property'] as Node | undefined)?.['name'] ?? '')
        walk(node['left'] as Node, depth, quiet)
        walk(node['right'] as Node, depth, quiet || mute.test(key))
        return
      }
      case 'BinaryExpression':
        // What is compared or looked for isn't said.
        quiet ||= /^(?:[=!]==?|in)$/.test(String(node['operator']))
        break
      case 'SwitchCase':
        for (const each of node['consequent'] as Node[]) walk(each, depth, quiet)
        return
      case 'TSAsExpression':
      case 'TSSatisfiesExpression':
        return walk(node['expression'] as Node, depth, quiet)
      case 'Literal':
      case 'TemplateElement': {
        const raw = node.type === 'Literal' ? node['value'] : (node['value'] as { cooked: unknown }).cooked
        if (!quiet && typeof raw === 'string' && !modifiers.has(raw) && isProse(raw)) fault(node, `“${raw}” is in no catalogue`)
        return
      }
    }
    const within = /Function/.test(node.type) || node.type === 'PropertyDefinition' ? depth + 1 : depth
    for (const [key, value] of Object.entries(node)) {
      if (key === 'type' || key === 'typeAnnotation' || key === 'returnType' || key === 'typeParameters') continue
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, within, quiet)
    }
  }

  walk(program, 0, false)
}

function literal(node: Node): string | undefined {
  if (node.type === 'Literal' && typeof node['value'] === 'string') return node['value']
  if (node.type === 'TemplateLiteral' && (node['expressions'] as Node[]).length === 0) {
    return (node['quasis'] as { value: { cooked: string } }[]).map((part) => part.value.cooked).join('')
  }
  if (node.type === 'BinaryExpression' && node['operator'] === '+') {
    const [left, right] = [literal(node['left'] as Node), literal(node['right'] as Node)]
    return left !== undefined && right !== undefined ? left + right : undefined
  }
  return undefined
}

/** A word with a capital in front, or words between spaces, as nothing but sentences has them. No product's name, no command. */
function isProse(text: string): boolean {
  if (text === 'Snug' || text.includes('\\')) return false
  const words = text.trim().split(/\s+/)
  if (words.length === 1) return /^\p{Lu}(?:-?\p{Ll})+[.…?!:]?$/u.test(text.trim())
  return words.filter((word) => /^[“(]?\p{L}[\p{L}’'-]*[”).,:;…?!]*$/u.test(word) && !/^[a-z]+-[a-z-]+$/.test(word)).length >= words.length / 2
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}
