using Puzzle.Core.Evaluation;
using Puzzle.Core.Runs;
using Puzzle.Core.Telemetry;

namespace Puzzle.Cli.Tests;

/// <summary>Tasks in a run: asked as the verb evaluate asks them.</summary>
public sealed class RunTaskTests : IDisposable
{
    private static readonly string[] s_small = ["--set", "heal.tokens=512", "--set", "heal.baselines=[]", "--set", "distill.tokens=1K", "--set", "evaluate.apply_chat_template=true"];
    private readonly TinyParent _parent = new();

    public void Dispose() => _parent.Dispose();

    // A bare JSONL set has finished contexts; a template needs a task file.
    public RunTaskTests() => _parent.Write("asked.yaml", """
        task: asked
        dataset_path: json
        dataset_kwargs:
          data_files:
            test: questions.jsonl
        test_split: test
        output_type: multiple_choice
        doc_to_text: "{{context}}"
        doc_to_choice: "{{choices}}"
        doc_to_target: gold
        metric_list:
          - metric: acc
            aggregation: mean
            higher_is_better: true
        """);

    [Fact]
    public void ARunAsksThroughTheChatTemplateLikeTheVerb()
    {
        var config = Path.Combine(_parent.PathOf("parent"), "tokenizer_config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("}", ", \"chat_template\": \"{% for m in messages %}[{{ m.role }}] {{ m.content }} {% endfor %}{% if add_generation_prompt %}[answer] {% endif %}\"}", StringComparison.Ordinal));
        var run = Tool.Run(["run", _parent.PathOf("recipe.yaml"), "--set", $"output={_parent.PathOf("run")}", "--set", $"evaluate.tasks=[{_parent.PathOf("asked.yaml")}]", "--until", "evaluate", .. s_small]);
        Assert.True(run.ExitCode == 0, run.Error);
        var task = Assert.Single(AtomicFile.ReadJson<ChildEvaluation>(Path.Combine(_parent.PathOf("run"), "evaluate", ChildEvaluation.File)).Tasks);
        string[] verb = ["evaluate", Path.Combine(_parent.PathOf("run"), "heal", "child"), "--parent", _parent.PathOf("parent"), "--tasks", _parent.PathOf("asked.yaml"), "--limit", "20", "--threads", "1", "--json"];
        var asked = Tool.Run([.. verb, "--apply_chat_template"]);
        Assert.True(asked.ExitCode == 0, asked.Error);
        var same = asked.Json["recovery"]!["tasks"]![0]!;
        Assert.Equal((task.Parent, task.Child), (same["parent"]!.GetValue<double>(), same["child"]!.GetValue<double>()));
    }

    [Fact]
    public void ValidationTasksChooseTheStepAndAreNotReported()
    {
        _parent.Write("chosen-by.jsonl", File.ReadAllText(_parent.PathOf("questions.jsonl")));
        var run = Tool.Run(["run", _parent.PathOf("recipe.yaml"), "--set", $"output={_parent.PathOf("run")}", "--until", "evaluate", "--set", $"evaluate.validation_tasks=[{_parent.PathOf("chosen-by.jsonl")}]",
            "--set", "heal.tokens=2K", "--set", "heal.evaluate_every=1", "--set", "heal.learning_rate=1e-2", "--set", "heal.baselines=[]", "--set", "distill.tokens=1K"]);
        Assert.True(run.ExitCode == 0, run.Error);

        // The first of the best looks by tasks, then by KL, the stitched child before all.
        string[] metrics = ["validation_tasks", "validation_kl"];
        var looks = metrics.Select(name => MetricsFile.Read(Path.Combine(_parent.PathOf("run"), "metrics.jsonl"), "heal", name)).ToArray();
        var mark = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(Path.Combine(_parent.PathOf("run"), "heal", "child-healed.done.json")))!["record"]!;
        var all = looks[0].Zip(looks[1], (tasks, kl) => (tasks.Step, Tasks: tasks.Value, Kl: kl.Value)).Prepend((Step: 0, Tasks: mark["tasks_before"]!.GetValue<double>(), Kl: mark["before"]!.GetValue<double>())).ToArray();
        Assert.True(all.Length > 4);
        Assert.Equal(all.OrderByDescending(look => look.Tasks).ThenBy(look => look.Kl).First().Step, mark["best_step"]!.GetValue<long>());
        var reported = Assert.Single(AtomicFile.ReadJson<ChildEvaluation>(Path.Combine(_parent.PathOf("run"), "evaluate", ChildEvaluation.File)).Tasks);
        Assert.Equal("questions", reported.Task);

        // The same questions are asked in both places: the best look's score is the reported one.
        Assert.Equal(mark["tasks_best"]!.GetValue<double>(), reported.Child, 1e-9);
    }

    [Fact]
    public void AParentWithoutATemplateIsToldSo()
    {
        var run = Tool.Run(["run", _parent.PathOf("recipe.yaml"), "--set", $"output={_parent.PathOf("run")}", "--set", $"evaluate.tasks=[{_parent.PathOf("asked.yaml")}]", "--until", "evaluate", .. s_small]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("evaluate.apply_chat_template", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_parent.PathOf("run"), "init")), "it was told before the first stage");
    }
}
