import * as Primitive from '@kobalte/core/text-field'
import type { PolymorphicProps } from '@kobalte/core/polymorphic'
import { splitProps, type ValidComponent } from 'solid-js'
import { cn } from './cn'

type Classed = { class?: string | undefined }

export function TextField<T extends ValidComponent = 'div'>(props: PolymorphicProps<T, Primitive.TextFieldRootProps<T> & Classed>) {
  const [local, others] = splitProps(props as Primitive.TextFieldRootProps & Classed, ['class'])
  return <Primitive.Root class={cn('flex flex-col gap-1.5', local.class)} {...others} />
}

export function TextFieldLabel<T extends ValidComponent = 'label'>(props: PolymorphicProps<T, Primitive.TextFieldLabelProps<T> & Classed>) {
  const [local, others] = splitProps(props as Primitive.TextFieldLabelProps & Classed, ['class'])
  return <Primitive.Label class={cn('text-meta font-medium text-ink', local.class)} {...others} />
}

export function TextFieldInput<T extends ValidComponent = 'input'>(props: PolymorphicProps<T, Primitive.TextFieldInputProps<T> & Classed>) {
  const [local, others] = splitProps(props as Primitive.TextFieldInputProps & Classed, ['class'])
  return (
    <Primitive.Input
      class={cn(
        'h-11 w-full min-w-0 rounded-control border border-line-strong/70 bg-surface px-3 text-body text-ink placeholder:text-muted focus-visible:outline-offset-0 pointer-coarse:text-[1rem] data-invalid:border-bad',
        local.class,
      )}
      {...others}
    />
  )
}

export function TextFieldDescription<T extends ValidComponent = 'div'>(props: PolymorphicProps<T, Primitive.TextFieldDescriptionProps<T> & Classed>) {
  const [local, others] = splitProps(props as Primitive.TextFieldDescriptionProps & Classed, ['class'])
  return <Primitive.Description class={cn('text-meta text-muted', local.class)} {...others} />
}

export function TextFieldError<T extends ValidComponent = 'div'>(props: PolymorphicProps<T, Primitive.TextFieldErrorMessageProps<T> & Classed>) {
  const [local, others] = splitProps(props as Primitive.TextFieldErrorMessageProps & Classed, ['class'])
  return <Primitive.ErrorMessage class={cn('text-meta text-bad', local.class)} {...others} />
}
