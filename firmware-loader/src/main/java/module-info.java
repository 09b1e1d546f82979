/** In which order, and what it means: firmware images and the audio DSP driver. */
module dev.vflux.firmware {
  requires transitive dev.vflux.reactive;
  requires jdk.jfr;
  requires org.slf4j;
  requires static transitive org.jspecify;

  exports dev.vflux.adsp;
  exports dev.vflux.adsp.emulated;
  exports dev.vflux.audio;
  exports dev.vflux.firmware;
  exports dev.vflux.hda;
  exports dev.vflux.ipc;

  provides dev.vflux.emulated.DeviceModel with
      dev.vflux.adsp.emulated.CavsModel.Adl,
      dev.vflux.adsp.emulated.CavsModel.Apl,
      dev.vflux.adsp.emulated.CavsModel.Cml,
      dev.vflux.adsp.emulated.CavsModel.Cnl,
      dev.vflux.adsp.emulated.CavsModel.Icl,
      dev.vflux.adsp.emulated.CavsModel.Jsl,
      dev.vflux.adsp.emulated.CavsModel.Tgl;
}
