import Datasets
import Foundation
import Pipelines
import Policies
import Registry
import Releases
import TernKernel
import TernTestSupport
import Testing

@testable import TernProject

/// Reads a project and answers what is wrong with it, one line a problem.
private func problems(_ text: String) -> [String] {
    do {
        _ = try Project.read(text, file: "tern.yaml", folder: "/project")
        return []
    } catch let error as TernError {
        return error.message.split(separator: "\n").map(String.init)
    } catch {
        return ["\(error)"]
    }
}

private let sound = """
    project: grid
    owner: team@example.com
    datasets:
      market: {path: data/market.csv, time: settled_at, expect: {price: {type: double, min: 0, missing: 1%}}}
    pipelines:
      train:
        schedule: "0 3 * * *"
        params: {trees: 60, name: "60", deep: true}
        steps:
          prepare: {run: python prepare.py, in: [dataset:market], out: [train.parquet, holdout.parquet]}
          fit: {run: python fit.py, in: [prepare/train.parquet], out: [model.onnx], retries: 2, timeout: 30m}
          score: {evaluate: fit/model.onnx, on: prepare/holdout.parquet, target: up}
          publish: {register: direction, from: fit/model.onnx, holdout: prepare/holdout.parquet, after: [score]}
    models:
      direction:
        purpose: Up or down?
        target: up
        gates: [{metric: f1, at_least: 0.7}, {metric: f1, against: champion, drop_at_most: 1%, slices: [weekday]}, {churn: 15%}, {latency_p99: 5ms}]
    endpoints:
      price:
        model: direction
        release: {strategy: canary, steps: [5%, 0.25, 50%], every: 10m, guard: {errors: 1%, latency_p99: 20ms}}
        monitors: {drift: {window: 1d}, quality: {metric: f1, at_least: 0.62, labels_within: 2d}}
        on: {drift: [alert, {retrain: train, dataset: market, last: 90d}], guard: rollback}
        cooldown: 7d
        budget: {retrainings: 12, per: 365d}
    """

@Suite struct ProjectReading {
    @Test func `a sound file is read into the rooms' declarations`() throws {
        let project = try Project.read(sound, file: "tern.yaml", folder: "/project")
        #expect(project.name == "grid")
        #expect(project.datasets.first?.expect["price"] == ColumnExpectation(type: "double", min: 0, missing: 0.01))
        let train = try #require(project.pipelines.first)
        #expect(train.params == ["trees": 60, "name": "60", "deep": true])
        #expect(train.steps.map(\.name) == ["prepare", "fit", "score", "publish"])
        #expect(train.steps[1].timeout == .minutes(30))
        #expect(train.steps[3].inputs == [.output(step: "fit", file: "model.onnx"), .output(step: "prepare", file: "holdout.parquet")])
        #expect(project.models.first?.gates.last == .latency(p99: Period(milliseconds: 5)))
        #expect(project.models.first?.approvals == 1)
        #expect(project.endpoints.first?.release.steps == [0.05, 0.25, 0.5])
        #expect(project.endpoints.first?.owner == "team@example.com")
        #expect(project.policies.first?.on["drift"]?.count == 2)
    }

    @Test func `the example's file is sound`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let project = try Project.load(root.appendingPathComponent("Examples/electricity/tern.yaml").path)
        #expect(project.endpoints.map(\.name) == ["price"])
    }

    @Test func `a project survives its way through JSON, as the server stores it`() throws {
        let project = try Project.read(sound, file: "tern.yaml", folder: "/project")
        #expect(try JSON(encoding: project).decode(Project.self) == project)
    }
}

@Suite struct ProjectProblems {
    @Test(arguments: [
        ("owner:", "ownr:", "tern.yaml:2:1: unknown key 'ownr' in 'tern.yaml' (did you mean 'owner'?)"),
        (
            "timeout: 30m", "timeout: soon",
            "tern.yaml:11:102: 'pipelines.train.steps.fit.timeout' must be a length of time such as 30s, 10m, 2h or 7d, not 'soon'"
        ),
        ("strategy: canary", "strategy: cannary", "tern.yaml:22:25: no such strategy: 'cannary' (did you mean 'canary'?)"),
        ("retries: 2", "retries: many", "tern.yaml:11:90: 'pipelines.train.steps.fit.retries' must be a whole number from 0 to 100, not 'many'"),
        ("model: direction", "model: directoin", "tern.yaml:21:5: there is no model 'directoin' (did you mean 'direction'?)"),
        ("in: [dataset:market]", "in: [dataset:markt]", "tern.yaml:10:7: there is no dataset 'markt' (did you mean 'market'?)"),
        ("retrain: train", "retrain: trian", "tern.yaml:24:10: there is no pipeline 'trian' (did you mean 'train'?)"),
        ("missing: 1%", "missing: 101%", "tern.yaml:4:101: 'datasets.market.expect.price.missing' must be a share such as 5% or 0.05, not '101%'"),
        ("metric: f1, at_least", "metric: f2, at_least", "tern.yaml:18:22: no such metric: 'f2' (did you mean 'f1'?)"),
        ("purpose: Up or down?", "", "tern.yaml:17:5: 'models.direction' lacks 'purpose' (for example: purpose: What question does it answer?)"),
    ])
    func `each fault is reported with its place and a suggestion`(right: String, wrong: String, expected: String) {
        let found = problems(sound.replacingOccurrences(of: right, with: wrong))
        #expect(found.contains(expected), "\(found)")
    }

    @Test func `steps that wait for each other are refused, and the circle is named`() {
        let text = """
            project: p
            owner: o
            pipelines:
              train:
                steps:
                  a: {run: a, in: [b/x], out: [x]}
                  b: {run: b, in: [a/x], out: [x]}
            """
        #expect(problems(text).contains { $0.contains("the steps wait for each other in a circle: a → b → a") })
    }

    @Test func `a model's card is read from its file, and its inputs may have to stay as they are`() throws {
        let folder = NSTemporaryDirectory() + "tern-card-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("# Card".utf8).write(to: URL(fileURLWithPath: folder + "/card.md"))
        try Data([0xff, 0xfe]).write(to: URL(fileURLWithPath: folder + "/bad.md"))
        func text(_ rest: String) -> String { "project: p\nowner: o\nmodels:\n  m: {purpose: q, target: y, \(rest)}\n" }
        let project = try Project.read(text("card: card.md, inputs: unchanged"), file: "tern.yaml", folder: folder)
        #expect(project.models.first?.card == "# Card")
        #expect(project.models.first?.inputs == .unchanged)
        for (rest, words) in [
            ("card: none.md", "there is no model card"), ("card: bad.md", "is not UTF-8 text"),
            ("inputs: unchangd", "inputs are 'any' or 'unchanged'"),
        ] {
            let error = #expect(throws: TernError.self) { _ = try Project.read(text(rest), file: "tern.yaml", folder: folder) }
            #expect(error?.message.contains(words) == true, "\(rest): \(error?.message ?? "")")
        }
    }

    @Test func `all problems come at once, in the order of the file`() {
        let found = problems("project: p\nownr: o\ndatasts: {}\nmodels: []\n")
        #expect(found.count == 4)
        #expect(found.map { $0.split(separator: ":")[1] } == ["1", "2", "3", "4"])
    }

    @Test func `text that is not YAML is refused with line and column`() {
        let found = problems("project: [\nowner: o")
        #expect(found.count == 1)
        #expect(found[0].hasPrefix("tern.yaml:"))
        #expect(found[0].contains("not YAML"))
    }

    @Test(arguments: ["", "   \n", "# only a comment\n"])
    func `an empty file is refused`(text: String) {
        #expect(problems(text).first?.contains("the file is empty") == true)
    }

    @Test(arguments: ["just text", "- a\n- list", "1", "project: {a: b}\nowner: [1]", "project: p\nowner: o\npipelines: {t: {steps: {s: 3}}}"])
    func `a file of another shape is refused without a crash`(text: String) {
        #expect(!problems(text).isEmpty)
    }

    @Test func `mutilated files never crash the reader`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var bytes = Array(sound.utf8)
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[position] = UInt8.random(in: 32...126, using: &generator)
                case 1: bytes.remove(at: position)
                default: bytes.insert(UInt8(ascii: "\n"), at: position)
                }
            }
            _ = problems(String(decoding: bytes, as: UTF8.self))
        }
    }
}

@Suite struct ProjectDifferences {
    @Test func `the same project again is no difference`() throws {
        let project = try Project.read(sound, file: "tern.yaml", folder: "/project")
        #expect(try ProjectDifference(from: project, to: project).isEmpty)
    }

    @Test func `what is new, changed and gone is told by name and field`() throws {
        let old = try Project.read(sound, file: "tern.yaml", folder: "/project")
        var new = old
        new.endpoints[0].release.every = .days(1)
        new.datasets = []
        new.models.append(ModelDeclaration(name: "second", purpose: "?", task: "binary", target: "y", owner: "o"))
        let lines = try ProjectDifference(from: old, to: new).lines.map(\.description)
        #expect(lines.contains("- dataset market"))
        #expect(lines.contains("+ model second"))
        #expect(lines.contains("~ endpoint price\n    release.every: \"10m\" → \"1d\""))
    }
}
