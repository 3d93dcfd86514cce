using Puzzle.Core.Errors;
using Puzzle.Core.Recipes;

namespace Puzzle.Core.Tests.Recipes;

public class RecipeReaderTests
{
    private const string Folder = "/recipes";

    private static Recipe Read(string yaml, params string[] settings) => RecipeReader.Parse<Recipe>(yaml, "my.yaml", Folder, settings);

    private static string Error(string yaml, params string[] settings) => Assert.Throws<RecipeException>(() => Read(yaml, settings)).Message;

    [Fact]
    public void AParentIsAllThatARecipeNeeds()
    {
        var recipe = Read("parent: org/model");
        Assert.Equal("org/model", recipe.Parent);
        Assert.Equal(new Recipe { Parent = "org/model" }.Distill, recipe.Distill);
    }

    [Fact]
    public void EveryKindOfValueIsRead()
    {
        var recipe = Read("""
            parent: ./model            # beside the recipe
            seed: 7
            data:
              sources:
                - a.txt
                - {path: b.jsonl, weight: 2, format: jsonl}
              sequence_length: 1_024
            variants: {attention: [gqa_4, window_256, linear, no_op], ffn: [75%, 768, no_op]}
            distill: {tokens: 1.5M, learning_rate: 3e-4, warmup: 2%, loss: mse}
            target:
              scenarios:
                - {name: chat, batch_cap: 8, limits: {speedup: 1.5x, max_params: 70%, max_memory_gib: 8.5}}
            export: {targets: [llama_cpp], formats: [gguf, {format: hf, dtype: bf16}]}
            heal:
            """);
        Assert.Equal("/recipes/model", recipe.Parent);
        Assert.Equal(["/recipes/a.txt", "/recipes/b.jsonl"], recipe.Data.Sources.Select(s => s.Path));
        Assert.Equal(1024, recipe.Data.SequenceLength);
        Assert.Equal(1_500_000, recipe.Distill.Tokens!.Value.Value);
        Assert.Equal(3e-4, recipe.Distill.LearningRate);
        Assert.Equal(0.02, recipe.Distill.Warmup.Value);
        var limits = recipe.Target.Scenarios[0].Limits;
        Assert.Equal(1.5, limits.Speedup!.Value.Value);
        Assert.Equal(new Amount(0.7, true), limits.MaxParams);
        Assert.Equal(new Amount(8.5, false), limits.MaxMemoryGib);
        Assert.Equal(["speedup", "max_memory_gib", "max_params"], limits.Given().Select(t => t.Key));
        Assert.Equal([ExportKind.Gguf, ExportKind.Hf], recipe.Export.Formats.Select(f => f.Format));
        Assert.Equal([1, 2, 4, 8], recipe.Target.Scenarios[0].BatchesToTry());
    }

    [Theory]
    [InlineData("parent: x\nscroe: {}", "my.yaml:2:1: unknown key 'scroe'; did you mean 'score'?")]
    [InlineData("parent: x\ndistill:\n  tokns: 5", "my.yaml:3:3: unknown key 'tokns' in 'distill'; did you mean 'tokens'?")]
    [InlineData("parent: x\nzzzzzzzzz: 1", "my.yaml:2:1: unknown key 'zzzzzzzzz'")]
    [InlineData("seed: 1", "my.yaml:1:1: missing key 'parent'")]
    [InlineData("parent: x\nseed: 1.5", "my.yaml:2:7: expected a whole number, found '1.5'")]
    [InlineData("parent: x\nseed: -1", "my.yaml:2:7: seed: -1 is out of range; at least 0 and at most 2147483647 would be right")]
    [InlineData("parent: x\nseed: 99999999999", "my.yaml:2:7: expected a whole number, found '99999999999'")]
    [InlineData("parent: x\nseed: '3'", "my.yaml:2:7: expected a whole number without quotes, found '3'")]
    [InlineData("parent: x\nseed: [1]", "my.yaml:2:7: expected a whole number, found a list")]
    [InlineData("parent: x\ndistill: {learning_rate: .nan}", "my.yaml:2:26: expected a number, found '.nan'")]
    [InlineData("parent: x\ndistill: {learning_rate: 0}", "my.yaml:2:26: distill.learning_rate: 0 is out of range; more than 0 and at most 1 would be right")]
    [InlineData("parent: x\ndistill: {learning_rate: 1e999}", "my.yaml:2:26: expected a number, found '1e999'")]
    [InlineData("parent: x\ndistill: {tokens: 3 million}", "my.yaml:2:19: expected a number of tokens such as 65536, 500K or 2M, found '3 million'")]
    [InlineData("parent: x\ndistill: {loss: msee}", "my.yaml:2:17: expected one of mse, mse_per_token, found 'msee'; did you mean 'mse'?")]
    [InlineData("parent: x\ndistill: {elastic: yes}", "my.yaml:2:20: expected true or false, found 'yes'")]
    [InlineData("parent: x\ndistill: nothing", "my.yaml:2:10: expected a section with keys (loss, target, mode, shrink, ...), found 'nothing'")]
    [InlineData("parent: x\ndistill: {tokens: 5, minutes: 1}", "my.yaml:2:22: distill.minutes: give tokens or minutes, not both")]
    [InlineData("parent: x\nparent: y", "my.yaml:2:1: key 'parent' is given twice (first at my.yaml:1:1)")]
    [InlineData("parent: x\nvariants: {attention: [gqa_0]}", "my.yaml:2:24: expected an attention variant: gqa_K (K key-value heads), window_N, gqa_K_window_N_sinks_S, linear or no_op, found 'gqa_0'")]
    [InlineData("parent: x\ntarget: {scenarios: []}", "my.yaml:2:10: target.scenarios: needs at least one scenario")]
    [InlineData("parent: x\ntarget: {scenarios: [{batch_cap: 2, batches: [4]}]}", "my.yaml:2:37: target.scenarios.0.batches: none of them is within batch_cap 2")]
    [InlineData("parent: x\ntarget: {scenarios: [{limits: {min_params: 80%, max_params: 70%}}]}", "my.yaml:2:23: target.scenarios.0.limits: min_params 80% is above max_params 70%")]
    [InlineData("parent: x\ndevice: gpu", "my.yaml:2:9: device: found 'gpu'; it must match ^(cpu|cuda(:[0-9]{1,2})?)$")]
    [InlineData("- parent", "my.yaml:1:1: expected a recipe (key: value lines), found a list")]
    [InlineData("parent: &a x\nseed: *a", "my.yaml:1:9: anchor '&a': anchors and aliases are not part of recipes; write the value out")]
    [InlineData("parent: !!str x", "my.yaml:1:9: tag 'tag:yaml.org,2002:str': tags are not part of recipes")]
    [InlineData("parent: x\n---\nparent: y", "my.yaml:2:1: a second document; a recipe is one")]
    [InlineData("parent: x\n? [a, b]\n: 1", "my.yaml:2:3: a key must be a word, found a list")]
    public void MistakesAreNamedWithTheirPlace(string yaml, string message) => Assert.Equal(message, Error(yaml));

    [Fact]
    public void AllMistakesAreNamedAtOnce() =>
        Assert.Equal(3, Error("parent: x\nseed: -1\nthread: 2\ndistill: {loss: huber}").Split('\n').Length);

    [Fact]
    public void SettingsOfTheCommandLineReplaceKeys()
    {
        var yaml = "parent: x\ntarget: {scenarios: [{name: a}, {name: b, limits: {speedup: 2x}}]}";
        var recipe = Read(yaml, "distill.tokens=2K", "target.scenarios.1.limits.speedup=3x", "data.sources=[one, two]", "evaluate.limit=5");
        Assert.Equal(2000, recipe.Distill.Tokens!.Value.Value);
        Assert.Equal(3, recipe.Target.Scenarios[1].Limits.Speedup!.Value.Value);
        Assert.Equal([Path.GetFullPath("one"), Path.GetFullPath("two")], recipe.Data.Sources.Select(s => s.Path));
        Assert.Equal("--set distill.tokns=1: unknown key 'tokns' in 'distill'; did you mean 'tokens'?", Error(yaml, "distill.tokns=1"));
        Assert.Equal("--set seed: expected key=value, for example distill.tokens=1M", Error(yaml, "seed"));
        Assert.Equal(1234, Read(yaml, "seed=").Seed);
        Assert.Equal("--set target.scenarios.2.name=c: there is no item 2; the list has 2, counted from 0", Error(yaml, "target.scenarios.2.name=c"));
    }

    [Theory]
    [InlineData("dtype: bfloat16", "dtype")]
    [InlineData("score: {metric: task, task: piqa}", "score.metric")]
    [InlineData("measure: {engine: roofline}", "measure.hardware")]
    [InlineData("measure: {hardware: h100-sxm}", "measure.hardware")]
    [InlineData("measure: {also_report: [roofline]}", "measure.also_report")]
    [InlineData("measure: {tensor_parallel: 2}", "measure.tensor_parallel")]
    [InlineData("heal: {accumulate: 2}", "heal.accumulate")]
    [InlineData("evaluate: {tasks: [sciq, piqa], validation_tasks: [piqa]}", "evaluate.validation_tasks")]
    [InlineData("distill: {mode: coupled}", "distill.mode")]
    public void ASettingThatNoRunHonoursIsRefusedByName(string setting, string key) =>
        Assert.Contains(key, Error($"parent: x\n{setting}"), StringComparison.Ordinal);

    [Fact]
    public void LookBackHeadsThatDoNotFitAreRefused() =>
        Assert.Contains("1 would fit", Assert.Throws<RecipeException>(() => RecipeReader.Parse<PretrainRecipe>(
            "output: x\narchitecture: {hidden_size: 32, heads: 4, kv_heads: 4, head_dim: 8, look_back_heads: 2}", "r.yaml", "/")).Message, StringComparison.Ordinal);

    [Fact]
    public void ARecipeSurvivesItsCanonicalForm()
    {
        var recipe = Read("parent: x\ndistill: {tokens: 2M}\ntarget: {scenarios: [{limits: {max_params: 70%}}]}");
        var json = RecipeJson.Canonical(recipe);
        Assert.Equal(json, RecipeJson.Canonical(System.Text.Json.JsonSerializer.Deserialize<Recipe>(json, RecipeJson.Options)));
        Assert.Contains("\"max_params\":\"70%\"", json, StringComparison.Ordinal);
    }
}
