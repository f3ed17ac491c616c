import Foundation
import TernKernel
import Testing
import Tracking

@testable import Dashboard

@Suite struct TrackingPageTests {
    @Test func `a view of the runs table is its address`() throws {
        var query = RunsQuery(experiment: 3)
        #expect(query.address == "/experiments/3" && RunsQuery().address == "/runs")
        query.filter = "metrics.f1 > 0.5"
        query.sort = "metrics.val/f1"
        query.columns = [.status, .logged(.metric("val/f1", .max))]
        query.stage = .all
        #expect(
            query.address
                == "/experiments/3?filter=metrics.f1%20%3E%200.5&sort=metrics.val%2Ff1&columns=status%2Cmax%28metrics.val%2Ff1%29&stage=all")
        #expect(query.sorted(by: "metrics.val/f1").address.contains("order=asc"))
        #expect(query.sorted(by: "params.lr").address.contains("order=asc") && !query.sorted(by: "metrics.loss").address.contains("order=asc"))
        #expect(query.turned(to: "a=b").address.hasSuffix("&after=a%3Db") && query.turned(to: "x").sorted(by: "name").after == nil)
    }

    @Test func `a column has one name in the address, the API and the page`() throws {
        for name in [
            "status", "start_time", "end_time", "duration", "user", "run_id", "experiment", "metrics.loss", "min(metrics.loss)", "params.a.b",
            "tags.x",
        ] {
            #expect(try RunsColumn(name).name == name)
        }
        for name in ["", "metrics.", "loss", "median(metrics.loss)", "min(params.lr)"] {
            #expect(throws: TernError.self) { try RunsColumn(name) }
        }
        #expect(try RunsColumn("metrics.loss").order == .metric("loss") && RunsColumn("max(metrics.loss)").order == nil)
        #expect(RunsLoader.pieces("val/f1_score") == ["val/", "f1_", "score"] && RunsLoader.pieces("loss") == ["loss"])
    }

    @Test func `what cannot be a view of the runs is refused with the field's name`() async throws {
        try await TestSite.with(.full) { site in
            for (address, words) in [
                ("/experiments/1?stage=gone", "stage"), ("/experiments/1?columns=nonsense", "is no column"),
                ("/experiments/one", "experiments go by their number"),
                ("/compare", "1 to 50 runs"), ("/compare?runs=\((0..<51).map(String.init).joined(separator: ","))", "not 51"),
                ("/experiments?page=0", "page"), ("/runs/a/view", "path"),
            ] {
                let answer = try await site.get(address)
                #expect(answer.status >= 400 && answer.status < 500 && answer.text.contains(words), "\(address)")
            }
        }
    }

    @Test func `a space may come as a plus, as forms write it`() async throws {
        var source = DashboardSource.full
        source.runs = { query in .page(title: "[\(query.filter)]", rows: []) }
        try await TestSite.with(source) { site in
            for address in ["/experiments/1?stage=all&filter=a+%3E+1%2B1", "/experiments/1?filter=a%20%3E%201%2B1"] {
                let answer = try await site.get(address)
                #expect(answer.text.contains("[a &gt; 1+1]"), "\(address)")
            }
        }
    }

    @Test func `CSV comes in pieces with one head, and its fields are safe`() async throws {
        try await TestSite.with(.full) { site in
            let answer = try await site.get("/experiments/1/runs.csv?columns=status")
            #expect(answer.text == "run_id,name\r\na,b\r\nc,d\r\n")
            #expect(answer.headers["content-disposition"] == "attachment; filename=experiment-1-runs.csv")
            #expect(answer.headers["content-type"] == "text/csv; charset=utf-8")
        }
        #expect(RunsCSV.field("a\"b,c") == "\"a\"\"b,c\"" && RunsCSV.field("a\nb") == "\"a\nb\"" && RunsCSV.field("plain") == "plain")
        #expect(RunsCSV.field("=1+1") == "'=1+1" && RunsCSV.field("-0.5") == "-0.5" && RunsCSV.field("@x,y") == "\"'@x,y\"")
    }

    @Test func `somebody's page is shown in an origin of its own`() async throws {
        try await TestSite.with(.full) { site in
            let answer = try await site.get("/runs/a/view?path=report.html")
            let policy = try #require(answer.headers["content-security-policy"])
            #expect(policy.hasPrefix("sandbox allow-scripts;") && policy.contains("default-src 'none'") && !policy.contains("allow-same-origin"))
            #expect(answer.headers["x-content-type-options"] == "nosniff")
        }
    }

    @Test func `a file is shown by its kind`() {
        func preview(_ path: String, _ text: String, size: Int? = nil) -> ArtifactPreview {
            ArtifactPreview(path: path, bytes: Data(text.utf8), size: Int64(size ?? text.utf8.count), download: "", view: "/v")
        }
        #expect(
            preview("a.json", #"{"b":[1,{"c":"x, y: [z]"}],"a":1.50,"e":[],"f":{}}"#).text == """
                {
                  "b": [
                    1,
                    {
                      "c": "x, y: [z]"
                    }
                  ],
                  "a": 1.50,
                  "e": [],
                  "f": {}
                }
                """)
        #expect(preview("a.json", "{not json").text == "{not json")
        let table = preview("t.csv", "a,b\n1,\"x, \"\"y\"\"\"\n2,z\n3,cut", size: 999)
        #expect(table.head == ["a", "b"] && table.rows.map(\.cells) == [["1", "x, \"y\""], ["2", "z"]] && table.words == "The first 2 rows.")
        #expect(preview("t.tsv", "a\tb\r\n1\t2").rows.map(\.cells) == [["1", "2"]])
        #expect(
            preview("x.png", "…").image == "/v" && preview("x.html", "…").page == "/v"
                && preview("x.md", "one\n\ntwo").prose?.html == Markdown.html("one\n\ntwo"))
        #expect(preview("x.png", "…", size: 11 << 20).image == nil && preview("x.png", "…", size: 11 << 20).words?.contains("not shown") == true)
        #expect(
            preview("model.pkl", "a\0b").words == "There is no preview for this kind of file." && preview("MLmodel", "flavors:").text == "flavors:")
        #expect(preview("unknown", "words").text == "words" && preview("empty.txt", "").words == "The file is empty.")
        #expect(preview("deep.json", String(repeating: "[", count: 200)).text?.hasPrefix("[[[") == true)
    }

    @Test func `bytes that are no text never fail a preview`() {
        var random = SystemRandomNumberGenerator()
        for path in ["a.json", "a.csv", "a.tsv", "a.md", "a.txt", "a", "a.svg"] {
            for _ in 0..<200 {
                let bytes = Data((0..<Int.random(in: 0..<300)).map { _ in UInt8.random(in: 0...255, using: &random) })
                let preview = ArtifactPreview(path: path, bytes: bytes, size: Int64(bytes.count), download: "", view: "/v")
                #expect(preview.rows.count <= ArtifactPreview.tableRows)
            }
        }
    }
}
