using Puzzle.Core.Checkpoints;
using Puzzle.Core.Library;
using Puzzle.Core.Models;
using Puzzle.Core.Runs;
using static TorchSharp.torch;

namespace Puzzle.Core.Healing;

/// <summary>The state of a healing as data: weights, moments, the best weights so far. A resumed loop goes on bit by bit as the first would have.</summary>
internal sealed class HealLoop(Transformer child, GlobalDistiller trainer)
{
    private const string WeightsFile = "state.safetensors";
    private const string RecordFile = "state.json";
    private Dictionary<string, float[]>? _best;

    /// <summary>What came of it so far.</summary>
    public HealRecord Record { get; private set; } = new();

    /// <summary>
    /// Judges the child as it is; keeps its weights where they are the best: by the validation tasks where there are any, by KL
    /// among equals.
    /// </summary>
    public (double Kl, double? Tasks) Look(ValidationJudge judge)
    {
        var (kl, tasks) = (judge.Compare(child).Kl, judge.Tasks(child));
        var first = _best is null;
        if (first || tasks > Record.TasksBest || (tasks == Record.TasksBest && kl < Record.Best))
        {
            Keep();
            Record = Record with
            {
                Before = first ? kl : Record.Before,
                Best = kl,
                TasksBefore = first ? tasks : Record.TasksBefore,
                TasksBest = tasks,
                BestStep = trainer.Step,
                LooksWithoutGain = 0,
            };
        }
        else
        {
            Record = Record with { LooksWithoutGain = Record.LooksWithoutGain + 1 };
        }

        return (kl, tasks);
    }

    /// <summary>Puts the best weights into the child.</summary>
    public void TakeBest()
    {
        child.RequireGrad(false);
        if (_best is null)
            return;
        foreach (var (name, tensor) in child.Named())
            Fill(tensor, _best[name]);
    }

    /// <summary>Writes the state into a folder.</summary>
    public void Save(string folder)
    {
        var named = child.Named().Select(pair => new KeyValuePair<string, Tensor>("weights/" + pair.Key, pair.Value))
            .Concat(trainer.State().Select(pair => new KeyValuePair<string, Tensor>("optimiser/" + pair.Key, pair.Value))).ToArray();
        var read = TensorReader.Of(named);
        var infos = TensorReader.Infos(named).Concat(_best!.Select(pair => new TensorInfo("best/" + pair.Key, StoredType.F32, [pair.Value.Length]))).ToArray();
        SafetensorsWriter.WriteFile(Path.Combine(folder, WeightsFile), infos, (name, destination) =>
        {
            if (name.StartsWith("best/", StringComparison.Ordinal))
                _best![name[5..]].AsSpan().CopyTo(destination);
            else
                read(name, destination);
        });
        AtomicFile.WriteJson(Path.Combine(folder, RecordFile), Record with { Steps = trainer.Step });
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Load(string folder)
    {
        Record = AtomicFile.ReadJson<HealRecord>(Path.Combine(folder, RecordFile));
        using var file = SafetensorsFile.Open(Path.Combine(folder, WeightsFile));
        _best = [];
        foreach (var (name, tensor) in child.Named())
        {
            Fill(tensor, Values("weights/" + name));
            _best[name] = Values("best/" + name);
        }

        foreach (var (name, tensor) in trainer.State())
            Fill(tensor, Values("optimiser/" + name));
        trainer.Resume(Record.Steps);

        float[] Values(string name)
        {
            var values = new float[file.Tensors[name].Count];
            file.Read(name, values);
            return values;
        }
    }

    // Into the arrays of the last best weights: of a large model, new ones each time would be gigabytes of garbage.
    private void Keep()
    {
        _best ??= child.Named().ToDictionary(pair => pair.Key, pair => new float[pair.Value.numel()]);
        foreach (var (name, tensor) in child.Named())
            TensorReader.Copy(tensor, _best[name]);
    }

    private static void Fill(Tensor target, float[] values)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        target.copy_(tensor(values).view(target.shape));
    }
}
