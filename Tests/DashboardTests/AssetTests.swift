import NIOCore
import TernKernel
import Testing

@testable import Dashboard

@Suite struct AssetTests {
    @Test(arguments: ["tern.css", "tern.js", "htmx.min.js", "echarts.min.js", "runs-page.js", "chart.js"])
    func `an asset comes with a tag and is not sent twice`(name: String) async throws {
        try await TestSite.with(.empty) { site in
            let first = try await site.get("/assets/\(name)")
            #expect(first.status == 200 && first.headers["cache-control"] == "no-cache")
            #expect(first.headers["content-type"]?.hasPrefix(name.hasSuffix(".css") ? "text/css" : "text/javascript") == true)
            let tag = try #require(first.headers["etag"])
            for (known, status) in [(tag, 304), ("\"other\", W/\(tag)", 304), ("\"other\"", 200)] {
                let again = try await site.get("/assets/\(name)", headers: ["If-None-Match": known])
                #expect(again.status == status, "\(known)")
            }
            let named = try await site.get(Assets.address(name))
            #expect(named.headers["cache-control"] == "public, max-age=31536000, immutable")
        }
    }

    @Test func `every module that a module imports is embedded`() throws {
        let modules = Assets.files.filter { $0.key.hasSuffix(".js") && !$0.key.contains(".min.") }
        #expect(modules.count > 15)
        for (name, file) in modules {
            let text = String(buffer: file.bytes)
            for match in text.matches(of: /from "\.\/([^"]+)"/) {
                #expect(Assets.files[String(match.1)] != nil, "\(name) imports \(match.1)")
            }
            #expect(!text.contains("innerHTML") && !text.contains("eval("), "\(name) puts in text as text")
        }
    }

    @Test func `an asset that is not there is not found`() async throws {
        try await TestSite.with(.empty) { site in
            let answer = try await site.get("/assets/other.js")
            #expect(answer.status == 404)
        }
    }

    @Test func `pages fetch nothing from the network`() async throws {
        try await TestSite.with { site in
            for address in DashboardSource.addresses {
                let text = try await site.get(address).text
                #expect(!text.contains("src=\"http") && !text.contains("href=\"http") && !text.contains("//cdn"))
            }
        }
    }
}
