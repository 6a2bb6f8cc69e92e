import { clsx, type ClassValue } from 'clsx'
import { extendTailwindMerge } from 'tailwind-merge'

// The theme's own names; without them a size would be taken for a colour.
const merge = extendTailwindMerge({
  extend: {
    theme: {
      text: ['day', 'meta', 'body', 'title', 'headline'],
      radius: ['control', 'card'],
      shadow: ['float'],
      animate: ['pop-in', 'pop-out', 'fade-in', 'breathe'],
    },
  },
})

/** Joins class names; of two that contradict each other the later one wins. */
export function cn(...classes: ClassValue[]): string {
  return merge(clsx(classes))
}
