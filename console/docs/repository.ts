/** Links to the documents of the repository, which are served beside the page as they are written; items of a list. */
export async function documentsOfRepository(): Promise<Element[]> {
  const answer = await fetch('/console/docs/index.json')
  const names = answer.ok ? ((await answer.json()) as readonly string[]) : []
  return names.map((name) => {
    const [item, link] = [document.createElement('li'), document.createElement('a')]
    link.href = `/console/docs/${name}`
    link.textContent = name.replace(/\.md$/, '').replaceAll('-', ' ')
    item.append(link)
    return item
  })
}
