import * as Primitive from '@kobalte/core/button'
import type { PolymorphicProps } from '@kobalte/core/polymorphic'
import { cva, type VariantProps } from 'class-variance-authority'
import { splitProps, type ValidComponent } from 'solid-js'
import { cn } from './cn'

export const buttonVariants = cva(
  'inline-flex max-w-full shrink-0 select-none items-center justify-center gap-2 whitespace-nowrap tight:whitespace-normal rounded-control font-medium transition-[opacity,transform] duration-120 ease-out active:scale-[0.98] data-disabled:pointer-events-none data-disabled:opacity-50',
  {
    variants: {
      variant: {
        solid: 'forced-border bg-accent text-on-accent hover:bg-accent-strong',
        outline: 'border border-line-strong/60 bg-surface text-ink hover:bg-sunken',
        danger: 'forced-border bg-bad text-on-accent hover:opacity-90',
        quiet: 'text-ink hover:bg-ink/6',
        link: 'rounded-control text-accent-strong underline decoration-current/40 underline-offset-3 hover:decoration-current',
      },
      size: {
        small: 'h-7 tight:h-auto tight:py-1 px-2.5 text-meta pointer-coarse:min-h-11',
        medium: 'h-9 tight:h-auto tight:py-1 px-3.5 text-body pointer-coarse:min-h-11',
        large: 'h-11 tight:h-auto tight:py-1 px-5 text-body',
        icon: 'size-9 pointer-coarse:size-11',
        inline: '',
      },
    },
    defaultVariants: { variant: 'solid', size: 'medium' },
  },
)

type ButtonProps<T extends ValidComponent = 'button'> = Primitive.ButtonRootProps<T> &
  VariantProps<typeof buttonVariants> & { class?: string | undefined }

export function Button<T extends ValidComponent = 'button'>(props: PolymorphicProps<T, ButtonProps<T>>) {
  const [local, others] = splitProps(props as ButtonProps, ['variant', 'size', 'class'])
  return <Primitive.Root class={cn(buttonVariants({ variant: local.variant, size: local.size }), local.class)} {...others} />
}
