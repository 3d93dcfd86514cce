namespace Puzzle.Core.Checkpoints;

/// <summary>How a tensor's numbers are stored in a file.</summary>
public enum StoredType
{
    F32, F16, BF16, F64, F8E4M3, F8E5M2, I8, I16, I32, I64, U8, Bool,
    Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS,
    TQ1_0, TQ2_0, MXFP4, NVFP4, IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S,
}
