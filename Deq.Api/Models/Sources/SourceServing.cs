using Deq.Api.Settings;

namespace Deq.Api.Models.Sources;

/// <summary>Registers what fetches models from elsewhere.</summary>
internal static class SourceServing
{
    public static void AddSources(this WebApplicationBuilder builder)
    {
        builder.AddSettings<SourceSettings>(SourceSettings.Section);
        builder.Services.AddSingleton<SourceStates>();
        builder.Services.AddSingleton<SourceCache>();
        builder.Services.AddSingleton<SignedAddresses>();
        builder.Services.AddSingleton<SourceCalls>();
        builder.Services.AddSingleton<SourceFetch>();
        builder.Services.AddSingleton<CachedSources>();
        builder.Services.AddHostedService<SourceLoading>();
    }
}
