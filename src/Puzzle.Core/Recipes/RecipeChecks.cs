namespace Puzzle.Core.Recipes;

/// <summary>What no single key can tell: rules between the keys of a recipe.</summary>
internal static class RecipeChecks
{
    public static IEnumerable<(string Path, string Message)> Problems(object recipe) => recipe switch
    {
        Recipe compress => Compression(compress),
        PretrainRecipe pretrain => Pretraining(pretrain),
        _ => [],
    };

    private static IEnumerable<(string Path, string Message)> Compression(Recipe recipe)
    {
        if (string.IsNullOrWhiteSpace(recipe.Parent) || recipe.Parent.Contains('\0', StringComparison.Ordinal))
            yield return ("parent", "needs the path of a model or a hub id");
        foreach (var problem in Training("distill", recipe.Distill).Concat(Training("heal", recipe.Heal)))
            yield return problem;
        if (recipe.Heal is { CosineWeight: 0, KlWeight: 0, LmWeight: 0 })
            yield return ("heal", "cosine_weight, kl_weight and lm_weight are all 0: there is nothing to learn; set heal.tokens to 0 to skip healing");
        if (recipe.Distill.Mode != DistillMode.Decoupled)
            yield return ("distill.mode", $"runs distil subblocks for themselves; {(recipe.Distill.Mode == DistillMode.Coupled ? "coupled" : "two_stage")} is not something that a run can do: write decoupled");
        foreach (var problem in NotDone(recipe))
            yield return problem;
        if (recipe.Measure.AlsoReport.Any(engine => engine is MeasureEngine.Roofline or MeasureEngine.Table))
            yield return ("measure.also_report", "roofline and table time no models; write torch or llama_cpp");
        if (recipe.Measure.Engine == MeasureEngine.Table && recipe.Measure.Table is null)
            yield return ("measure.engine", "engine: table needs a file in measure.table");
        if (recipe.Measure.Engine == MeasureEngine.Roofline && recipe.Measure.Hardware is null)
            yield return ("measure.hardware", "engine: roofline needs the name of a profile, for example h100-sxm, or a YAML file");
        if (recipe.Measure.Engine != MeasureEngine.Roofline && recipe.Measure.Hardware is not null)
            yield return ("measure.hardware", "only engine: roofline computes for a profile of hardware; leave it out");
        if (recipe.Measure.Engine != MeasureEngine.Roofline && recipe.Measure.TensorParallel != 1)
            yield return ("measure.tensor_parallel", "only engine: roofline splits layers over devices; leave it out");
        if (recipe.Variants.Ffn.Count == 0 && recipe.Variants.Attention is { Count: 0 })
            yield return ("variants", "no variants at all: there is nothing to choose from");
        if (recipe.Evaluate.ValidationTasks.FirstOrDefault(recipe.Evaluate.Tasks.Contains) is { } reported)
            yield return ("evaluate.validation_tasks", $"{reported} is among evaluate.tasks too: what chooses the child is not reported of it");
        if (recipe.Target.Scenarios.Count == 0)
            yield return ("target.scenarios", "needs at least one scenario");
        for (var i = 0; i < recipe.Target.Scenarios.Count; i++)
            foreach (var problem in InScenario($"target.scenarios.{i}", recipe.Target.Scenarios[i]))
                yield return problem;
        foreach (var twice in recipe.Target.Scenarios.GroupBy(s => s.Name).Where(g => g.Count() > 1))
            yield return ("target.scenarios", $"two scenarios are called '{twice.Key}'");
        for (var i = 0; i < recipe.Data.Sources.Count; i++)
            if (recipe.Data.Sources[i].Path.Contains('\0', StringComparison.Ordinal))
                yield return ($"data.sources.{i}", "the path has a NUL character");
    }

    // A setting that no stage honours must not pass for one that does.
    private static IEnumerable<(string Path, string Message)> NotDone(Recipe recipe)
    {
        if (recipe.Dtype != ComputeType.Float32)
            yield return ("dtype", "runs compute in float32; write float32");
        if (recipe.Score.Metric == ScoreMetric.Task || recipe.Score.Task is not null)
            yield return ("score.metric", "runs cannot score by a task; write kl, lm_loss or top_1 and leave out score.task");
        if (recipe.Heal.Accumulate != 1)
            yield return ("heal.accumulate", "healing computes a step at once; write 1 and lower heal.tokens_per_step");
    }

    private static IEnumerable<(string Path, string Message)> InScenario(string path, Scenario scenario)
    {
        if (scenario.BatchesToTry().Count == 0)
            yield return ($"{path}.batches", $"none of them is within batch_cap {scenario.BatchCap}");
        foreach (var pair in scenario.Limits.Given().GroupBy(term => term.Quantity))
        {
            var low = pair.FirstOrDefault(term => term.Side == LimitSide.AtLeast);
            var high = pair.FirstOrDefault(term => term.Side == LimitSide.AtMost);
            if (low is not null && high is not null && low.Amount.Relative == high.Amount.Relative && low.Amount.Value > high.Amount.Value)
                yield return ($"{path}.limits", $"{low.Key} {low.Amount} is above {high.Key} {high.Amount}");
        }
    }

    private static IEnumerable<(string Path, string Message)> Pretraining(PretrainRecipe recipe)
    {
        var shape = recipe.Architecture;
        if (shape.Heads % shape.KvHeads != 0)
            yield return ("architecture.kv_heads", $"{shape.KvHeads} key-value heads do not divide {shape.Heads} heads");
        if (shape.HeadDim is null && shape.HiddenSize % shape.Heads != 0)
            yield return ("architecture.heads", $"{shape.Heads} heads do not divide hidden_size {shape.HiddenSize}; give head_dim");
        if ((shape.HeadDim ?? (shape.HiddenSize / shape.Heads)) % 2 != 0)
            yield return ("architecture.head_dim", "must be even: rotary embeddings turn pairs");
        if (shape.LookBackHeads > shape.Heads)
            yield return ("architecture.look_back_heads", $"{shape.LookBackHeads} of {shape.Heads} heads");
        // Each writes into dimensions of its own: three eighths of the hidden size are kept for that.
        var (size, room) = (shape.HeadDim ?? (shape.HiddenSize / shape.Heads), shape.HiddenSize - (shape.HiddenSize / 2) - (shape.HiddenSize / 8));
        if (shape.LookBackHeads > 0 && (size < 4 || shape.LookBackHeads * size > room))
            yield return ("architecture.look_back_heads", $"{shape.LookBackHeads} heads of size {size} need sizes of at least 4 and {shape.LookBackHeads * size} dimensions; hidden_size {shape.HiddenSize} keeps {room} for them: {(size < 4 ? 0 : room / size)} would fit");
        if (recipe.Stories.SequenceLength > shape.MaxPositions)
            yield return ("stories.sequence_length", $"{recipe.Stories.SequenceLength} is longer than architecture.max_positions {shape.MaxPositions}");
        if (recipe.Train.TokensPerStep.Value < recipe.Stories.SequenceLength)
            yield return ("train.tokens_per_step", $"{recipe.Train.TokensPerStep} tokens are less than one sequence of {recipe.Stories.SequenceLength}");
        foreach (var problem in recipe.Stories.Difficulty.Validate())
            yield return ("stories.difficulty", problem);
        for (var i = 0; i < recipe.Stories.Lessons.Count; i++)
        {
            foreach (var problem in recipe.Stories.Lessons[i].Difficulty.Validate())
                yield return ($"stories.lessons.{i}.difficulty", problem);
        }
    }

    private static IEnumerable<(string Path, string Message)> Training(string path, TrainingSection training)
    {
        if (training.Tokens is not null && training.Minutes is not null)
            yield return ($"{path}.minutes", "give tokens or minutes, not both");
        if (training.Accumulate > training.TokensPerStep.Value)
            yield return ($"{path}.accumulate", $"{training.Accumulate} parts of {training.TokensPerStep} tokens");
    }
}
