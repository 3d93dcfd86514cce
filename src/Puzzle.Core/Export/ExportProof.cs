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

    // Mean divergence in nats. Random children with sharp attention stay below 1e-6 (F16), 4e-5 (BF16), 2e-3 (8 bits); a wrong file is beyond 1e-1.
    private const double Near = 1e-3;
    private const double NearEightBits = 5e-2;

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

    /// <summary>The same for a file in another engine. Types below F32 make it compute less precisely: then it is also held against that arithmetic.</summary>
    /// <param name="engine">Runs the file.</param>
    /// <param name="file">A GGUF file.</param>
    /// <param name="written">The same weights, read back by ourselves.</param>
    /// <param name="type">How the file stores matrices.</param>
    /// <param name="lossless">Whether the engine should say what the child says.</param>
    /// <exception cref="BadInputException">The engine says something else than the file does.</exception>
    public double Of(IEngineCheck engine, string file, ICheckpoint written, StoredType type, bool lossless)
    {
        var values = engine.LogProbabilities(file, _ids);
        if (type != StoredType.F32 && values.Length == _expected.Length)
        {
            using var model = ModelLoader.Load(written);
            using var scope = NewDisposeScope();
            using var rounded = GgmlForward.LogProbabilities(model, type, Ids());
            var expected = rounded.contiguous().data<float>().ToArray();
            var divergence = expected.Zip(values).Sum(pair => Math.Exp(pair.First) * (pair.First - pair.Second)) / Tokens;
            var bound = type is StoredType.F16 or StoredType.BF16 ? Near : NearEightBits;
            if (!(divergence <= bound))
                throw new BadInputException($"{file} in {engine.Name}: {divergence:G3} nats a token away from what the file says where at most {bound} would be right; the export was not kept");
        }

        return Check($"{file} in {engine.Name}", values, lossless);
    }

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
        return nn.functional.log_softmax(model.Forward(Ids())[0], 1).contiguous().data<float>().ToArray();
    }

    private Tensor Ids() => tensor(_ids.Select(id => (long)id).ToArray()).unsqueeze(0);
}
