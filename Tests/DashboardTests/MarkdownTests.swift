import Foundation
import Testing

@testable import Dashboard

@Suite struct MarkdownTests {
    @Test(arguments: [
        ("# Model\n## Use ##\n#### x", "<h2>Model</h2>\n<h3>Use</h3>\n<h4>x</h4>\n"), ("#no heading", "<p>#no heading</p>\n"),
        ("one\ntwo\n\nthree", "<p>one\ntwo</p>\n<p>three</p>\n"), ("a  \nb", "<p>a<br>\nb</p>\n"), ("---\n***\n- - -", "<hr>\n<hr>\n<hr>\n"),
        ("*a* **b** ***c*** _d_ __e__", "<p><em>a</em> <strong>b</strong> <strong><em>c</em></strong> <em>d</em> <strong>e</strong></p>\n"),
        ("snake_case_name and 2 * 3 * 4", "<p>snake_case_name and 2 * 3 * 4</p>\n"), ("**open", "<p>**open</p>\n"),
        ("**a *b* c**", "<p><strong>a <em>b</em> c</strong></p>\n"), ("\\*a\\* \\\\", "<p>*a* \\</p>\n"),
        ("`a<b` ``x`y`` `open", "<p><code>a&lt;b</code> <code>x`y</code> `open</p>\n"), ("`*a*`", "<p><code>*a*</code></p>\n"),
        ("```python\nx < 1\n\n# no heading\n```\ny", "<pre><code>x &lt; 1\n\n# no heading\n</code></pre>\n<p>y</p>\n"),
        ("~~~\nnever closed", "<pre><code>never closed\n</code></pre>\n"),
        ("- a\n- b\n  - c\n- d", "<ul>\n<li>a</li>\n<li>b<ul>\n<li>c</li>\n</ul>\n</li>\n<li>d</li>\n</ul>\n"),
        ("1. a\n2. b\n\ntext", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n<p>text</p>\n"),
        ("- a\n\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"), ("> a\n> **b**", "<blockquote>\n<p>a\n<strong>b</strong></p>\n</blockquote>\n"),
        (
            "| a | b |\n|---|:-:|\n| 1 | `x` |\n| 2 |",
            "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody>\n<tr><td>1</td><td><code>x</code></td></tr>\n<tr><td>2</td><td></td></tr>\n</tbody></table>\n"
        ),
        ("a | b", "<p>a | b</p>\n"), ("| a\\|b |\n|---|", "<table><thead><tr><th>a|b</th></tr></thead><tbody>\n</tbody></table>\n"),
        (
            "[the *paper*](https://example.com/a?b=1&c=2 \"title\")",
            "<p><a rel=\"nofollow noopener noreferrer\" href=\"https://example.com/a?b=1&amp;c=2\">the *paper*</a></p>\n"
        ),
        (
            "<mailto:grid@example.com> ![plot](https://example.com/p.png)",
            "<p><a rel=\"nofollow noopener noreferrer\" href=\"mailto:grid@example.com\">mailto:grid@example.com</a> "
                + "<a rel=\"nofollow noopener noreferrer\" href=\"https://example.com/p.png\">plot</a></p>\n"
        ), ("", ""), ("größe *ü*", "<p>größe <em>ü</em></p>\n"),
    ]) func `Markdown becomes HTML`(text: String, html: String) {
        #expect(Markdown.html(text) == html)
    }

    @Test(arguments: [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](data:text/html,x)",
        "[x](vbscript:x)", "<javascript:alert(1)>", "[x]( javascript:alert(1))", "[x](//example.com)", "![x](javascript:alert(1))",
        "[x](\u{1}https://a)",
        "[a](https://x\" onclick=\"alert(1))", "# <b onclick=x>", "| <i> |\n|---|\n| <i> |", "```\n</code></pre><script>x</script>\n```",
        "- <svg onload=x>", "> <a href='javascript:x'>", "**<b>**", "`<b>`",
    ]) func `nothing of the text becomes a tag, an attribute or a script`(text: String) throws {
        try expectSafe(Markdown.html(text), from: text)
    }

    /// Every tag is one that this renderer writes, whole, and every link leads to one of three schemes.
    private func expectSafe(_ html: String, from text: String) throws {
        let known =
            /<(?:\/?(?:h2|h3|h4|p|ul|ol|li|blockquote|pre|code|table|thead|tbody|tr|th|td|em|strong|a)|hr|br|a rel="nofollow noopener noreferrer" href="(?:https?:\/\/|mailto:)[^"<> ]+")>/
            .ignoresCase()
        let bare = html.replacing(known, with: "")
        #expect(!bare.contains("<") && !bare.contains(">") && !bare.contains("\""), "\(text.debugDescription) became \(html)")
    }

    @Test func `no text whatever breaks out or breaks down`() throws {
        let pieces = [
            "*", "**", "_", "`", "```\n", "~~~", "[", "](", ")", "](https://x", "!", "<", ">", "<https://", "#", "# ", "\n", "\n\n", "- ", "1. ",
            "  ", "|",
            "|-|", "|---|\n", "> ", "\\", "\"", "'", "&", "a", "b c", "\u{e9}", "\u{1F426}", "\t", "\r\n", "javascript:", "https://x.y", "\0",
        ]
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<1500 {
            let text = (0..<Int.random(in: 0...40, using: &generator)).compactMap { _ in pieces.randomElement(using: &generator) }.joined()
            let html = Markdown.html(text)
            try expectSafe(html, from: text)
            for tag in ["ul", "ol", "li", "p", "em", "strong", "code", "pre", "table", "a", "blockquote", "h2"] {
                let opened = html.components(separatedBy: "<\(tag)>").count + html.components(separatedBy: "<\(tag) ").count - 1
                #expect(opened == html.components(separatedBy: "</\(tag)>").count, "\(tag) in \(html) of \(text.debugDescription)")
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["[", "*a", "**", "`", "``a`", "_a ", "> ", "- ", "<", "![", "](", "|", "|-", "\\", "1. ", "*a **b "])
    func `a long text of marks takes no longer than another`(mark: String) {
        let html = Markdown.html(String(repeating: mark, count: 20_000))
        #expect(!html.isEmpty)
    }

    @Test func `lists and quotes in each other end somewhere`() {
        let html = Markdown.html(
            (0..<60).map { String(repeating: "  ", count: $0) + "- x" }.joined(separator: "\n") + "\n" + String(repeating: "> ", count: 60) + "y")
        #expect(html.matches(of: /<ul>/).count == Markdown.deepest)
        #expect(html.matches(of: /<blockquote>/).count == Markdown.deepest)
    }
}
