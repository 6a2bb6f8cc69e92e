import type { LanguageFn } from 'highlight.js'

// The languages whose code is coloured, each loaded when a message has it. TypeScript's
// words are JavaScript's too.

type Loader = () => Promise<{ default: LanguageFn }>

const loaders = {
  bash: () => import('highlight.js/lib/languages/bash'),
  c: () => import('highlight.js/lib/languages/c'),
  cpp: () => import('highlight.js/lib/languages/cpp'),
  csharp: () => import('highlight.js/lib/languages/csharp'),
  css: () => import('highlight.js/lib/languages/css'),
  diff: () => import('highlight.js/lib/languages/diff'),
  dockerfile: () => import('highlight.js/lib/languages/dockerfile'),
  go: () => import('highlight.js/lib/languages/go'),
  ini: () => import('highlight.js/lib/languages/ini'),
  java: () => import('highlight.js/lib/languages/java'),
  json: () => import('highlight.js/lib/languages/json'),
  kotlin: () => import('highlight.js/lib/languages/kotlin'),
  php: () => import('highlight.js/lib/languages/php'),
  python: () => import('highlight.js/lib/languages/python'),
  ruby: () => import('highlight.js/lib/languages/ruby'),
  rust: () => import('highlight.js/lib/languages/rust'),
  sql: () => import('highlight.js/lib/languages/sql'),
  typescript: () => import('highlight.js/lib/languages/typescript'),
  xml: () => import('highlight.js/lib/languages/xml'),
  yaml: () => import('highlight.js/lib/languages/yaml'),
} satisfies Record<string, Loader>

export type Language = keyof typeof loaders

const aliases: ReadonlyMap<string, Language> = new Map(
  Object.entries({
    bash: ['sh', 'shell', 'zsh', 'console'], c: ['h'], cpp: ['c++', 'cc', 'hpp', 'cxx'], csharp: ['cs', 'c#'], css: ['scss', 'less'], diff: ['patch'],
    dockerfile: ['docker'], go: ['golang'], ini: ['toml', 'conf'], java: [], json: ['jsonc', 'json5'], kotlin: ['kt'], php: [], python: ['py'], ruby: ['rb'],
    rust: ['rs'], sql: ['postgres', 'postgresql', 'sqlite', 'mysql'], typescript: ['ts', 'tsx', 'mts', 'javascript', 'js', 'jsx', 'mjs', 'cjs', 'node'],
    xml: ['html', 'svg', 'xhtml', 'vue'], yaml: ['yml'],
  } satisfies Record<Language, string[]>).flatMap(([language, names]) => [language, ...names].map((name) => [name, language as Language] as const)),
)

/** The language by the name that stands at a block of code. */
export function languageOf(name: string): Language | undefined {
  return aliases.get(name.toLowerCase())
}

export async function loadLanguage(language: Language): Promise<LanguageFn> {
  return (await loaders[language]()).default
}
