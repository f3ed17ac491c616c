import TernKernel
import Testing

@testable import Pipelines

@Suite struct StepEnvironmentTests {
    @Test func `files are named in full, by file and without extension, and shared names are left out`() {
        var environment = StepEnvironment(base: ["PATH": "/bin", "TERN_TOKEN": "secret"])
        environment.add(
            "TERN_INPUT",
            [
                StepEnvironment.File(label: "dataset:market-nsw", path: "/m"), StepEnvironment.File(label: "a/x.csv", path: "/ax"),
                StepEnvironment.File(label: "b/x.csv", path: "/bx"), StepEnvironment.File(label: "a/model.onnx", path: "/model"),
            ])
        let variables = environment.variables
        #expect(variables["TERN_INPUT_MARKET_NSW"] == "/m")
        #expect(variables["TERN_INPUT_A_X_CSV"] == "/ax")
        #expect(variables["TERN_INPUT_B_X_CSV"] == "/bx")
        #expect(variables["TERN_INPUT_X_CSV"] == nil)
        #expect(variables["TERN_INPUT_X"] == nil)
        #expect(variables["TERN_INPUT_MODEL_ONNX"] == "/model")
        #expect(variables["TERN_INPUT_MODEL"] == "/model")
        #expect(variables["TERN_TOKEN"] == nil)
        #expect(variables["PATH"] == "/bin")
    }

    @Test func `parameters are plain text, and all of them JSON`() {
        var environment = StepEnvironment(base: [:])
        environment.add(params: ["trees": 60, "rate": 0.5, "name": "a b", "on": true, "list": [1, 2]])
        #expect(environment.variables["TERN_PARAM_TREES"] == "60")
        #expect(environment.variables["TERN_PARAM_RATE"] == "0.5")
        #expect(environment.variables["TERN_PARAM_NAME"] == "a b")
        #expect(environment.variables["TERN_PARAM_ON"] == "true")
        #expect(environment.variables["TERN_PARAM_LIST"] == "[1,2]")
        #expect(environment.variables["TERN_PARAMS"] == #"{"list":[1,2],"name":"a b","on":true,"rate":0.5,"trees":60}"#)
    }

    @Test func `a virtual environment comes first on the path`() {
        var environment = StepEnvironment(base: ["PATH": "/usr/bin", "PYTHONHOME": "/x"])
        environment.activate(venv: "/p/.venv")
        #expect(environment.variables["PATH"] == "/p/.venv/bin:/usr/bin")
        #expect(environment.variables["VIRTUAL_ENV"] == "/p/.venv")
        #expect(environment.variables["PYTHONHOME"] == nil)
    }
}
