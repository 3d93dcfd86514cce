using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using static TorchSharp.torch;

namespace Puzzle.Core.Export;

/// <summary>Compares an export with the child on a fixed prompt. One model is in memory at a time.</summary>
internal sealed class ExportProof
{
    private const int Tokens = 48;
    private const double Exact = 1e-3;

    private readonly int[] _ids;
    private readonly float[] _expected;

    public ExportProof(ICheckpoint child)
    {
        var vocabulary = child.Config.VocabSize;
        _ids = [.. Enumerable.Range(0, Tokens).Select(i => i == 0 && child.Config.BosTokenId is { } bos ? bos : (int)((i * 2654435761L + 97) % vocabulary))];
        _expected = LogProbabilities(child);
    }

    /// <summary>The largest difference of log-probabilities of an export read back.</summary>
    /// <param name="lossless">Whether the weights are stored as exactly as in the child: then a difference means that the export is wrong.</param>
    /// <exception cref="BadInputException">It is too large.</exception>
    public double Of(ICheckpoint written, bool lossless) => Check(written.Path, LogProbabilities(written), lossless);

    /// <summary>The same for a file in another engine.</summary>
    public double Of(IEngineCheck engine, string file, bool lossless) => Check($"{file} in {engine.Name}", engine.LogProbabilities(file, _ids), lossless);

    private double Check(string what, float[] values, bool lossless)
    {
        var largest = values.Length == _expected.Length ? 0.0 : double.PositiveInfinity;
        for (var i = 0; i < Math.Min(values.Length, _expected.Length); i++)
            largest = Math.Max(largest, float.IsFinite(values[i]) ? Math.Abs(values[i] - _expected[i]) : double.PositiveInfinity);
        return double.IsFinite(largest) && (!lossless || largest <= Exact) ? largest
            : throw new BadInputException($"{what}: log-probabilities differ from the child's by {largest:G3} where at most {Exact} would be right; the export was not kept");
    }

    private float[] LogProbabilities(ICheckpoint checkpoint)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var model = ModelLoader.Load(checkpoint);
        return nn.functional.log_softmax(model.Forward(tensor(_ids.Select(id => (long)id).ToArray()).unsqueeze(0))[0], 1).contiguous().data<float>().ToArray();
    }
}
